import type { Claim, Origin, RunEvent, RunStatus, TaskStatus } from "@/api/types";

export interface ToolCall {
  kind: "tool";
  id: string;
  tool: string;
  arguments: Record<string, unknown>;
  /** null while the tool works */
  outcome: { ok: boolean; summary: string; seconds: number } | null;
}

export interface Step {
  kind: "step";
  id: string;
  label: string;
}

export interface Learnt {
  kind: "memory";
  id: string;
  namespace: string;
  content: string;
}

export type Activity = ToolCall | Step | Learnt;

/** One turn of an agent. An agent that is called again later, as the critic is in each round, has a second turn. */
export interface AgentTurn {
  key: string;
  agentId: string;
  role: string;
  goal: string;
  parentId: string | null;
  /** `parked` goes on when the run does; `stopped` never ended by itself. */
  state: "working" | "parked" | "stopped" | TaskStatus;
  summary: string | null;
  /** Read and written by its model; null where none was asked, and as long as it works. */
  tokens: number | null;
  startedAt: string;
  finishedAt: string | null;
  activities: Activity[];
}

export interface Reflection {
  round: number;
  gaps: string[];
  contradictions: string[];
  followUps: string[];
  notes: string;
}

/** A side effect that waits for a person, with what the agent had read that nobody vouches for. */
export interface PendingApproval {
  id: string;
  agentId: string;
  tool: string;
  reason: string;
  arguments: Record<string, unknown>;
  origins: Origin[];
  /** The places among the origins whose words stand in the arguments. */
  echoes: string[];
  expiresAt: string | null;
}

export interface Decided {
  approval: PendingApproval;
  decision: "approve" | "deny" | "expired";
  by: string | null;
}

/** All that a run's events tell. */
export interface RunView {
  lastSeq: number;
  status: RunStatus;
  question: string | null;
  model: string | null;
  startedAt: string | null;
  lastAt: string | null;
  plan: string[];
  turns: AgentTurn[];
  draft: string;
  claims: Claim[];
  reflections: Reflection[];
  interventions: { seq: number; reason: string; action: string }[];
  approvals: PendingApproval[];
  decided: Decided[];
  memories: number;
  error: string | null;
}

export const UNSTARTED: RunView = {
  lastSeq: 0,
  status: "queued",
  question: null,
  model: null,
  startedAt: null,
  lastAt: null,
  plan: [],
  turns: [],
  draft: "",
  claims: [],
  reflections: [],
  interventions: [],
  approvals: [],
  decided: [],
  memories: 0,
  error: null,
};

/** Return what a run's events tell. Events that were seen already are passed over. */
export function foldRun(events: readonly RunEvent[], from: RunView = UNSTARTED): RunView {
  return events.reduce(step, from);
}

function step(view: RunView, event: RunEvent): RunView {
  if (event.seq <= view.lastSeq) {
    return view;
  }
  return { ...view, lastSeq: event.seq, lastAt: event.at, ...change(view, event) };
}

function change(view: RunView, event: RunEvent): Partial<RunView> {
  switch (event.type) {
    case "run_started":
      return { status: "running", question: event.question, model: event.model, startedAt: event.at };
    case "plan_made":
      return { plan: event.sub_questions };
    case "agent_started":
      return startTurn(view, event);
    case "agent_finished": {
      const { status: state, summary, tokens, at: finishedAt } = event;
      return inTurn(view, event, (turn) => ({ ...turn, state, summary, tokens, finishedAt }));
    }
    case "step_started":
      return act(view, event, { kind: "step", id: `${event.seq}`, label: event.label });
    case "tool_called":
      return act(view, event, {
        kind: "tool",
        id: event.call_id,
        tool: event.tool,
        arguments: event.arguments,
        outcome: null,
      });
    case "tool_returned":
      return inTurn(view, event, (turn) => ({ ...turn, activities: withOutcome(turn.activities, event) }));
    case "memory_written": {
      const { memory_id: id, namespace, content } = event;
      return { ...act(view, event, { kind: "memory", id, namespace, content }), memories: view.memories + 1 };
    }
    case "token_emitted":
      return { draft: view.draft + event.text };
    case "claim_verified":
      return {
        claims: [
          ...view.claims,
          { text: event.text, citations: event.citations, supported: event.supported },
        ],
      };
    case "reflection_made":
      return { reflections: [...view.reflections, reflectionOf(event)] };
    case "supervisor_intervened":
      return {
        interventions: [
          ...view.interventions,
          { seq: event.seq, reason: event.reason, action: event.action },
        ],
      };
    case "approval_requested":
      return { approvals: [...view.approvals, pendingOf(event)] };
    case "approval_resolved":
      return decide(view, event);
    case "run_paused":
      return { status: "paused", turns: halt(view.turns, "parked", event.at) };
    case "run_resumed":
      return { status: "running", error: null, turns: goOn(view.turns) };
    case "run_finished":
      return { status: event.status, turns: halt(view.turns, event.status, event.at) };
    case "run_failed":
      return { status: "failed", error: event.error, turns: halt(view.turns, "stopped", event.at) };
    case "run_cancelled":
      return { status: "cancelled", turns: halt(view.turns, "stopped", event.at) };
    default:
      return {};
  }
}

type Of<T extends RunEvent["type"]> = Extract<RunEvent, { type: T }>;

function reflectionOf(event: Of<"reflection_made">): Reflection {
  const { round, gaps, contradictions, follow_ups: followUps, notes } = event;
  return { round, gaps, contradictions, followUps, notes };
}

function pendingOf(event: Of<"approval_requested">): PendingApproval {
  const { approval_id: id, agent_id: agentId, tool, reason, origins = [], echoes = [] } = event;
  return {
    id,
    agentId,
    tool,
    reason,
    arguments: event.arguments,
    origins,
    echoes,
    expiresAt: event.expires_at ?? null,
  };
}

function decide(view: RunView, event: Of<"approval_resolved">): Partial<RunView> {
  const decided = view.approvals.filter((approval) => approval.id === event.approval_id);
  return {
    approvals: view.approvals.filter((approval) => approval.id !== event.approval_id),
    decided: [
      ...view.decided,
      ...decided.map((approval) => ({ approval, decision: event.decision, by: event.by ?? null })),
    ],
  };
}

const UNFINISHED = new Set<AgentTurn["state"]>(["working", "parked"]);

function halt(turns: AgentTurn[], state: AgentTurn["state"], at: string): AgentTurn[] {
  return turns.map((turn) => (turn.state === "working" ? { ...turn, state, finishedAt: at } : turn));
}

function goOn(turns: AgentTurn[]): AgentTurn[] {
  return turns.map((turn) =>
    turn.state === "parked" ? { ...turn, state: "working", finishedAt: null } : turn,
  );
}

/** The view of a run whose process died without a word: nobody is at work, since the last event at the latest. */
export function abandoned(view: RunView): RunView {
  return { ...view, turns: halt(view.turns, "parked", view.lastAt ?? "") };
}

/** A turn that was cut off by a crash starts over in its place; a finished agent gets another turn. */
function startTurn(view: RunView, event: Of<"agent_started">): Partial<RunView> {
  const latest = view.turns.findLastIndex((turn) => turn.agentId === event.agent_id);
  const cutOff = UNFINISHED.has(view.turns[latest]?.state ?? "stopped");
  const turn = newTurn(view, event, event.role, event.goal, event.parent_id ?? null);
  const turns = cutOff
    ? view.turns.with(latest, { ...turn, key: view.turns[latest]?.key ?? turn.key })
    : [...view.turns, turn];
  return event.role === "writer" ? { turns, draft: "", claims: [] } : { turns };
}

function newTurn(
  view: RunView,
  event: Pick<RunEvent, "agent_id" | "at">,
  role: string,
  goal = "",
  parentId: string | null = null,
): AgentTurn {
  const earlier = view.turns.filter((turn) => turn.agentId === event.agent_id).length;
  return {
    key: `${event.agent_id}/${earlier + 1}`,
    agentId: event.agent_id,
    role,
    goal,
    parentId,
    state: "working",
    summary: null,
    tokens: null,
    startedAt: event.at,
    finishedAt: null,
    activities: [],
  };
}

function inTurn(view: RunView, event: RunEvent, edit: (turn: AgentTurn) => AgentTurn): Partial<RunView> {
  const latest = view.turns.findLastIndex((turn) => turn.agentId === event.agent_id);
  const turn = view.turns[latest];
  if (turn) {
    return { turns: view.turns.with(latest, edit(turn)) };
  }
  const role = event.agent_id.replace(/-\d+$/, "");
  return { turns: [...view.turns, edit(newTurn(view, event, role))] };
}

function act(view: RunView, event: RunEvent, activity: Activity): Partial<RunView> {
  return inTurn(view, event, (turn) => ({ ...turn, activities: [...turn.activities, activity] }));
}

function withOutcome(activities: Activity[], event: Of<"tool_returned">): Activity[] {
  const outcome = { ok: event.ok, summary: event.summary, seconds: event.seconds };
  return activities.map((activity) =>
    activity.kind === "tool" && activity.id === event.call_id ? { ...activity, outcome } : activity,
  );
}
