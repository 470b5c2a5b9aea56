import type { RunEvent } from "@/api/types";
import { nameOf } from "./names";

/** The places among a run's events at which a replay stops: each event, except that a stream of words is one. */
export function momentsOf(events: readonly RunEvent[]): number[] {
  return events.flatMap((event, index) =>
    event.type === "token_emitted" && events[index + 1]?.type === "token_emitted" ? [] : [index],
  );
}

/** What an event says, in a line. */
export function tellOf(event: RunEvent): string {
  const who = nameOf(event.agent_id);
  switch (event.type) {
    case "run_started":
      return `The run begins: ${event.question}`;
    case "plan_made":
      return `${who} divides the question into ${event.sub_questions.length}`;
    case "agent_started":
      return `${who} sets out${event.parent_id ? `, asked by ${nameOf(event.parent_id)}` : ""}: ${event.goal}`;
    case "step_started":
      return `${who}: ${event.label}`;
    case "token_emitted":
      return `${who} writes`;
    case "tool_called":
      return `${who} calls ${event.tool}`;
    case "tool_returned":
      return `${event.tool} ${event.ok ? "answers" : "fails"}: ${event.summary}`;
    case "approval_requested":
      return `${who} asks for permission to use ${event.tool}`;
    case "approval_resolved":
      return `Permission: ${event.decision}${event.by ? ` by ${event.by}` : ""}`;
    case "memory_written":
      return `${who} remembers: ${event.content}`;
    case "reflection_made":
      return `${who} reflects, round ${event.round}`;
    case "supervisor_intervened":
      return `The supervisor steps in: ${event.reason}`;
    case "claim_verified":
      return `${event.supported ? "Verified" : "Not supported"}: ${event.text}`;
    case "agent_finished":
      return `${who} is done: ${event.summary}`;
    case "run_paused":
      return "The run is parked";
    case "run_resumed":
      return "The run goes on";
    case "run_finished":
      return "The run has its answer";
    case "run_failed":
      return `The run fails: ${event.error}`;
    case "run_cancelled":
      return "The run is cancelled";
  }
}
