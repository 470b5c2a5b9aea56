import type { RunStatus } from "@/api/types";
import { plural } from "@/lib/format";
import type { RunView } from "./fold-run";

const ENDS: Partial<Record<RunStatus, string>> = {
  queued: "The run waits for its turn.",
  paused: "The run is paused.",
  interrupted: "The run was interrupted.",
  succeeded: "The run has its answer.",
  partial: "The run ended with a partial answer.",
  failed: "The run failed.",
  cancelled: "The run was cancelled.",
};

/** One sentence on where a run is; it changes only when something worth telling happens. */
export function progressOf(view: RunView, status: RunStatus): string {
  const end = ENDS[status];
  if (end) {
    return end;
  }
  const working = view.turns.filter((turn) => turn.state === "working" && turn.role !== "coordinator");
  const role = working.at(-1)?.role;
  if (role === "researcher") {
    return `${plural(working.length, "researcher")} at work.`;
  }
  if (role === "critic") {
    return "The critic looks at the evidence.";
  }
  if (role === "writer") {
    return `The writer composes the answer: ${plural(view.claims.length, "claim")} so far.`;
  }
  return view.plan.length > 0
    ? `Planned ${plural(view.plan.length, "sub-question")}.`
    : "The coordinator plans the work.";
}
