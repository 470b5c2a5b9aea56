import type { AgentTurn } from "./fold-run";

const BY_NAME = new Intl.Collator("en", { numeric: true });

/** Turns that worked side by side: neighbours in time of the same role, by name. */
export function stagesOf(turns: readonly AgentTurn[]): AgentTurn[][] {
  const stages: AgentTurn[][] = [];
  for (const turn of turns) {
    const last = stages.at(-1);
    if (last?.[0]?.role === turn.role) {
      last.push(turn);
    } else {
      stages.push([turn]);
    }
  }
  return stages.map((stage) => stage.toSorted((one, other) => BY_NAME.compare(one.agentId, other.agentId)));
}
