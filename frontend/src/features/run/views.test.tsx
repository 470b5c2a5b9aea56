import { fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "@/api/types";
import { delegationsOf } from "./delegations";
import { type AgentTurn, foldRun } from "./fold-run";
import { momentsOf, tellOf } from "./moments";
import Replay from "./replay";
import { spansOf, WIDTH } from "./spans";

const turn = (agentId: string, parentId: string | null, from = 0, to: number | null = 1): AgentTurn => ({
  key: `${agentId}/1`,
  agentId,
  role: agentId,
  goal: "",
  parentId,
  state: to === null ? "working" : "succeeded",
  summary: null,
  tokens: null,
  startedAt: new Date(from * 1000).toISOString(),
  finishedAt: to === null ? null : new Date(to * 1000).toISOString(),
  activities: [],
});

let seq = 0;
const event = (happened: object) =>
  ({
    run_id: "r",
    seq: ++seq,
    at: "2026-11-22T12:00:00Z",
    agent_id: "researcher-1",
    ...happened,
  }) as unknown as RunEvent;

describe("who asked whom", () => {
  it("puts each agent one step to the right of the one that asked it, and none on another", () => {
    const nodes = delegationsOf([
      turn("coordinator", null),
      turn("researcher-1", "coordinator"),
      turn("researcher-2", "coordinator"),
      turn("historian", "researcher-1"),
      turn("critic", "coordinator"),
    ]);
    expect(nodes.map(({ agentId, depth, row }) => [agentId, depth, row])).toEqual([
      ["coordinator", 0, 0],
      ["researcher-1", 1, 0],
      ["historian", 2, 0],
      ["researcher-2", 1, 1],
      ["critic", 1, 2],
    ]);
  });

  it("keeps all turns of an agent in one place", () => {
    const [critic] = delegationsOf([turn("critic", null), turn("critic", null)]);
    expect(critic?.turns).toHaveLength(2);
  });

  it("shows agents that name each other, themselves, or somebody unknown", () => {
    const nodes = delegationsOf([turn("a", "b"), turn("b", "a"), turn("c", "c"), turn("d", "nobody")]);
    expect(nodes.map((node) => node.agentId).toSorted()).toEqual(["a", "b", "c", "d"]);
  });
});

describe("the timeline", () => {
  it("gives each turn its part of the whole", () => {
    const view = { ...foldRun([]), turns: [turn("a", null, 0, 10), turn("b", null, 5, 10)] };
    const { spans, seconds } = spansOf(view, 0);
    expect(seconds).toBe(10);
    expect(spans.map(({ left, width }) => [left, width])).toEqual([
      [0, WIDTH],
      [WIDTH / 2, WIDTH / 2],
    ]);
  });

  it("lets a turn that goes on end now, and draws a very short one within the line", () => {
    const view = { ...foldRun([]), turns: [turn("a", null, 0, null), turn("b", null, 20, 20)] };
    const { spans } = spansOf(view, 20_000);
    expect(spans[0]?.seconds).toBe(20);
    expect(spans[1]?.width).toBeGreaterThan(0);
    expect((spans[1]?.left ?? 0) + (spans[1]?.width ?? 0)).toBeLessThanOrEqual(WIDTH);
  });
});

describe("a replay", () => {
  const word = () => event({ type: "token_emitted", text: "w " });
  const events = [
    event({ type: "run_started", question: "Where?", sources: [], depth: "quick", model: "extractive" }),
    event({ type: "agent_started", agent_id: "writer", role: "writer", goal: "Write.", parent_id: null }),
    word(),
    word(),
    word(),
    event({ type: "run_finished", status: "succeeded" }),
  ];

  it("stops at each event, but at a stream of words once, with all of them written", () => {
    expect(momentsOf(events)).toEqual([0, 1, 4, 5]);
  });

  it("shows the run as it was at the chosen moment", () => {
    render(<Replay events={events} />);
    expect(screen.queryByText("Write.")).toBeNull();
    fireEvent.change(screen.getByRole("slider", { name: "Moment" }), { target: { value: "1" } });
    expect(screen.getByText("Write.")).toBeTruthy();
    expect(screen.getByText("2/4")).toBeTruthy();
    expect(screen.queryByText("w w w")).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "One on" }));
    expect(screen.getByText("w w w")).toBeTruthy();
  });

  it("tells who asked whom", () => {
    const asked = event({ type: "agent_started", role: "x", goal: "Look.", parent_id: "coordinator" });
    expect(tellOf(asked)).toBe("researcher 1 sets out, asked by coordinator: Look.");
  });
});

describe("permission in a run", () => {
  it("is asked with the arguments and the texts behind them, and decided once", () => {
    const asked = event({
      type: "approval_requested",
      approval_id: "a",
      tool: "post_notice",
      arguments: { text: "abracadabra" },
      reason: "it writes",
      origins: [{ kind: "web", place: "https://example.org", title: "A page" }],
      echoes: ["https://example.org"],
      expires_at: null,
    });
    const waiting = foldRun([asked]);
    expect(waiting.approvals).toMatchObject([
      { id: "a", arguments: { text: "abracadabra" }, echoes: ["https://example.org"] },
    ]);
    const answered = foldRun(
      [event({ type: "approval_resolved", approval_id: "a", decision: "deny", by: "Mara" })],
      waiting,
    );
    expect(answered.approvals).toEqual([]);
    expect(answered.decided).toMatchObject([{ decision: "deny", by: "Mara" }]);
  });
});
