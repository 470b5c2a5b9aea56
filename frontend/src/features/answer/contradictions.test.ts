import { expect, it } from "vitest";
import type { Citation } from "@/api/types";
import { spokenOf } from "./contradictions";

const citation = (id: number, quote: string, title: string) =>
  ({ id, quote, title, url: "file:///a" }) as Citation;
const one = citation(1, "It opened  in 1907.", "The founding");
const other = citation(2, "It opened in 1911.", "A hundred years");

it("finds the quotes that a disagreement repeats, however they are broken into lines", () => {
  expect(spokenOf("“It opened in\n1907.” against “It opened in 1911.”", [one, other])).toEqual([one, other]);
});

it("finds a quote by its source's title, and none where neither is named", () => {
  expect(spokenOf("The founding and others differ", [one, other])).toEqual([one]);
  expect(spokenOf("The years differ", [one, other])).toEqual([]);
});
