import { expect, it } from "vitest";
import { addressOf, filterOf, whereOf } from "./filter";

const filter = {
  query: "puffins",
  namespace: "field-team",
  tags: ["speaker:Anna", "birds & boats"],
  since: "2026-03-01",
  until: "2026-03-01",
  source: "https://example.org/*",
};

it("a filter survives the address of the page", () => {
  expect(filterOf(new URLSearchParams(addressOf(filter).toString()))).toEqual(filter);
});

it("a range of one day is that whole day", () => {
  const { since, until } = whereOf(filter);
  expect(since).toBe(new Date(2026, 2, 1).toISOString());
  expect(until).toBe(new Date(2026, 2, 2).toISOString());
});

it("nonsense in the address does not narrow", () => {
  const nonsense = filterOf(new URLSearchParams("since=soon&until=2026-99-99&tag=&q=%20&other=1"));
  expect(addressOf(nonsense).toString()).toBe("");
});
