import { expect, it } from "vitest";
import { UNSTARTED } from "./fold-run";
import { restOf } from "./live-claims";
import { progressOf } from "./progress";
import { statusOf } from "./use-live-run";

it("events are fresher than the stored run", () => {
  expect(statusOf("running", "succeeded")).toBe("succeeded");
  expect(statusOf("queued", "running")).toBe("running");
});

it("the stored run counts before the first event, and knows of a process that died", () => {
  expect(statusOf("paused", "queued")).toBe("paused");
  expect(statusOf("interrupted", "running")).toBe("interrupted");
  expect(statusOf("interrupted", "succeeded")).toBe("succeeded");
});

it("a draft is shown from the end of its last verified claim", () => {
  expect(restOf("Rooks nest.\nEggs are bl", ["Rooks nest."])).toBe("Eggs are bl");
  expect(restOf("Rooks nest.", ["Another wording."])).toBe("Rooks nest.");
});

it("progress is told in one sentence", () => {
  expect(progressOf(UNSTARTED, "queued")).toBe("The run waits for its turn.");
  expect(progressOf({ ...UNSTARTED, plan: ["a", "b"] }, "running")).toBe("Planned 2 sub-questions.");
});
