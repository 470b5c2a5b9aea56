import { expect, it } from "vitest";
import { formatBytes, formatDay, formatModel, formatSeconds, formatUrl, plural } from "./format";

it("durations keep the unit that matters", () => {
  expect([0.42, 12.4, 185, 600, 7800].map(formatSeconds)).toEqual([
    "0.4 s",
    "12 s",
    "3 min 05 s",
    "10 min",
    "2 h 10 min",
  ]);
});

it("sizes are in decimal units", () => {
  expect([812, 4100, 2_300_000, 0].map(formatBytes)).toEqual(["812 B", "4.1 kB", "2.3 MB", "0 B"]);
});

it("days near now have names", () => {
  const now = new Date(2026, 10, 22, 12);
  expect(formatDay(new Date(2026, 10, 22, 1).toISOString(), now)).toBe("Today");
  expect(formatDay(new Date(2026, 10, 21, 23).toISOString(), now)).toBe("Yesterday");
});

it("file addresses become paths and web addresses lose their scheme", () => {
  expect(formatUrl("file:///home/me/my%20notes.md")).toBe("/home/me/my notes.md");
  expect(formatUrl("https://www.example.org/rooks/")).toBe("example.org/rooks");
});

it("the extractive answerer is not called a model", () => {
  expect(formatModel("extractive")).toBe("Extractive (no model)");
  expect(formatModel("gemma-3-1b")).toBe("gemma-3-1b");
});

it("one is singular", () => {
  expect([plural(1, "passage"), plural(0, "passage"), plural(2, "memory", "memories")]).toEqual([
    "1 passage",
    "0 passages",
    "2 memories",
  ]);
});
