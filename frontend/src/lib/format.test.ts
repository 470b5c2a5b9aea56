import { expect, it } from "vitest";
import {
  formatBytes,
  formatDate,
  formatDay,
  formatModel,
  formatRelative,
  formatSeconds,
  formatShare,
  formatUrl,
  plural,
} from "./format";

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

it("a time is told by how long ago it was, and by its date when that is long", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  const told = ["2026-11-22T11:59:30Z", "2026-11-22T11:55:00Z", "2026-11-20T11:00:00Z"];
  expect(told.map((at) => formatRelative(at, now))).toEqual(["just now", "5 minutes ago", "2 days ago"]);
  expect(formatRelative("2026-11-22T15:00:00Z", now)).toBe("in 3 hours");
  expect(formatRelative("2025-01-05T12:00:00Z", now)).toBe(formatDate("2025-01-05T12:00:00Z"));
});

it("file addresses become paths and web addresses lose their scheme", () => {
  expect(formatUrl("file:///home/me/my%20notes.md")).toBe("/home/me/my notes.md");
  expect(formatUrl("file:///home/me/100%.md")).toBe("/home/me/100%.md");
  expect(formatUrl("https://www.example.org/rooks/")).toBe("example.org/rooks");
});

it("the extractive answerer is not called a model", () => {
  expect(formatModel("extractive")).toBe("Extractive (no model)");
  expect(formatModel("gemma-3-1b")).toBe("gemma-3-1b");
});

it("a small share is not nothing", () => {
  expect([0.364, 0.004, 0, 1].map(formatShare)).toEqual(["36 %", "< 1 %", "0 %", "100 %"]);
});

it("one is singular", () => {
  expect([plural(1, "passage"), plural(0, "passage"), plural(2, "memory", "memories")]).toEqual([
    "1 passage",
    "0 passages",
    "2 memories",
  ]);
});
