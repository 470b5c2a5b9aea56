import { describe, expect, it } from "vitest";
import type { RunEvent } from "@/api/types";
import { abandoned, foldRun, UNSTARTED } from "./fold-run";
import { stagesOf } from "./stages";

type Happening = RunEvent extends infer E
  ? E extends RunEvent
    ? Omit<E, "run_id" | "seq" | "at">
    : never
  : never;

/** Stamp events as the run store does. */
function stamped(...happened: Happening[]): RunEvent[] {
  return happened.map((event, index) => ({
    ...event,
    run_id: "r",
    seq: index + 1,
    at: `2026-11-22T12:00:${String(index).padStart(2, "0")}Z`,
  })) as RunEvent[];
}

const started: Happening = {
  type: "run_started",
  agent_id: "coordinator",
  question: "Where?",
  sources: [],
  depth: "quick",
  model: "extractive",
};
const agent = (agent_id: string, role = agent_id) =>
  ({ type: "agent_started", agent_id, role, goal: `${role}'s goal`, parent_id: null }) as const;
const done = (agent_id: string, role = agent_id) =>
  ({ type: "agent_finished", agent_id, role, status: "succeeded", summary: "done", tokens: 120 }) as const;
const claim = (text: string, supported = true) =>
  ({ type: "claim_verified", agent_id: "writer", text, citations: supported ? [1] : [], supported }) as const;
const token = (text: string) => ({ type: "token_emitted", agent_id: "writer", text }) as const;

describe("a run as its events tell it", () => {
  it("has not started without events", () => {
    expect(foldRun([])).toBe(UNSTARTED);
  });

  it("begins with its question and plan", () => {
    const plan: Happening = { type: "plan_made", agent_id: "coordinator", sub_questions: ["a", "b"] };
    const view = foldRun(stamped(started, plan));
    expect(view).toMatchObject({
      status: "running",
      question: "Where?",
      model: "extractive",
      plan: ["a", "b"],
    });
    expect(view.startedAt).toBe("2026-11-22T12:00:00Z");
  });

  it("is the same whether events come one by one, in parts, or twice", () => {
    const events = stamped(
      started,
      agent("coordinator"),
      token("Rooks "),
      token("nest."),
      claim("Rooks nest."),
    );
    const inParts = foldRun(events.slice(1), foldRun(events.slice(0, 3)));
    expect(inParts).toEqual(foldRun(events));
    expect(events.reduce((view, event) => foldRun([event], view), UNSTARTED)).toEqual(foldRun(events));
  });

  it("does not change the view it starts from", () => {
    const [first, ...rest] = stamped(started, agent("coordinator"), done("coordinator"));
    const before = foldRun(first ? [first] : []);
    const copy = structuredClone(before);
    foldRun(rest, before);
    expect(before).toEqual(copy);
  });

  it("joins a tool's answer to its call", () => {
    const call = {
      type: "tool_called",
      agent_id: "researcher-1",
      call_id: "c",
      tool: "search",
      arguments: { query: "q" },
    } as const;
    const answer = {
      type: "tool_returned",
      agent_id: "researcher-1",
      call_id: "c",
      tool: "search",
      ok: false,
      summary: "no index",
      seconds: 0.5,
    } as const;
    const during = foldRun(stamped(agent("researcher-1", "researcher"), call));
    expect(during.turns[0]?.activities[0]).toMatchObject({ tool: "search", outcome: null });
    const after = foldRun(stamped(agent("researcher-1", "researcher"), call, answer));
    expect(after.turns[0]?.activities).toHaveLength(1);
    expect(after.turns[0]?.activities[0]).toMatchObject({
      outcome: { ok: false, summary: "no index", seconds: 0.5 },
    });
  });

  it("gives an agent that is called again a second turn", () => {
    const view = foldRun(stamped(agent("critic"), done("critic"), agent("critic")));
    expect(view.turns.map(({ key, state }) => [key, state])).toEqual([
      ["critic/1", "succeeded"],
      ["critic/2", "working"],
    ]);
  });

  it("starts a turn over that a crash cut off, and the writer's draft with it", () => {
    const step = { type: "step_started", agent_id: "writer", step: "write", label: "Writing" } as const;
    const resumed = { type: "run_resumed", agent_id: "coordinator" } as const;
    const view = foldRun(
      stamped(
        started,
        agent("writer"),
        step,
        token("Half"),
        claim("Half"),
        resumed,
        agent("writer"),
        token("Whole"),
      ),
    );
    expect(view.turns).toHaveLength(1);
    expect(view.turns[0]?.activities).toEqual([]);
    expect(view).toMatchObject({ draft: "Whole", claims: [], status: "running" });
  });

  it("shows an agent whose start was never told", () => {
    const step = { type: "step_started", agent_id: "researcher-2", step: "read", label: "Reading" } as const;
    expect(foldRun(stamped(step)).turns[0]).toMatchObject({ role: "researcher", state: "working" });
  });

  it("keeps approvals until they are decided", () => {
    const asked: Happening = {
      type: "approval_requested",
      agent_id: "writer",
      approval_id: "a",
      tool: "post",
      arguments: {},
      reason: "untrusted",
      origins: [],
      echoes: [],
      expires_at: null,
    };
    const decided: Happening = {
      type: "approval_resolved",
      agent_id: "writer",
      approval_id: "a",
      decision: "deny",
      by: "Mara",
    };
    expect(foldRun(stamped(asked)).approvals).toHaveLength(1);
    expect(foldRun(stamped(asked, decided)).approvals).toEqual([]);
  });

  it("ends as the last event says", () => {
    const finished = { type: "run_finished", agent_id: "coordinator", status: "partial" } as const;
    const failed = { type: "run_failed", agent_id: "coordinator", error: "no model" } as const;
    const paused = { type: "run_paused", agent_id: "coordinator" } as const;
    const cancelled = { type: "run_cancelled", agent_id: "coordinator" } as const;
    expect(foldRun(stamped(started, finished)).status).toBe("partial");
    expect(foldRun(stamped(started, failed))).toMatchObject({ status: "failed", error: "no model" });
    expect(foldRun(stamped(started, paused)).status).toBe("paused");
    expect(foldRun(stamped(started, cancelled)).status).toBe("cancelled");
  });

  it("has nobody at work while it is parked, and the same agents again when it goes on", () => {
    const paused = { type: "run_paused", agent_id: "coordinator" } as const;
    const resumed = { type: "run_resumed", agent_id: "coordinator" } as const;
    const states = (view: ReturnType<typeof foldRun>) => view.turns.map(({ state }) => state);
    const events = stamped(started, agent("coordinator"), agent("critic"), done("critic"), paused, resumed);
    expect(states(foldRun(events.slice(0, 5)))).toEqual(["parked", "succeeded"]);
    expect(states(foldRun(events))).toEqual(["working", "succeeded"]);
    expect(states(abandoned(foldRun(events)))).toEqual(["parked", "succeeded"]);
  });

  it("leaves nobody at work after its end", () => {
    const cancelled = { type: "run_cancelled", agent_id: "coordinator" } as const;
    expect(foldRun(stamped(started, agent("writer"), cancelled)).turns[0]?.state).toBe("stopped");
  });

  it("lets an event of a later version pass", () => {
    const unknown = { ...stamped(started)[0], type: "egg_laid" } as unknown as RunEvent;
    expect(foldRun([unknown]).lastSeq).toBe(1);
  });
});

it("agents of one role that follow each other stand side by side", () => {
  const view = foldRun(
    stamped(
      agent("coordinator"),
      agent("researcher-10", "researcher"),
      agent("researcher-2", "researcher"),
      agent("critic"),
      done("critic"),
      agent("researcher-3", "researcher"),
      agent("critic"),
      agent("writer"),
    ),
  );
  expect(stagesOf(view.turns).map((stage) => stage.map((turn) => turn.key))).toEqual([
    ["coordinator/1"],
    ["researcher-2/1", "researcher-10/1"],
    ["critic/1"],
    ["researcher-3/1"],
    ["critic/2"],
    ["writer/1"],
  ]);
});
