import type { AgentTurn } from "./fold-run";

/** An agent in the graph of who asked whom, with all its turns. */
export interface Node {
  agentId: string;
  role: string;
  turns: AgentTurn[];
  parent: string | null;
  /** how many hands its task went through */
  depth: number;
  row: number;
}

/** Return the agents, each below the one that asked it. Those of one parent stand in the order in which they began. */
export function delegationsOf(turns: readonly AgentTurn[]): Node[] {
  const byAgent = new Map<string, AgentTurn[]>();
  for (const turn of turns) {
    byAgent.set(turn.agentId, [...(byAgent.get(turn.agentId) ?? []), turn]);
  }
  const parents = new Map([...byAgent].map(([id, own]) => [id, parentOf(own, byAgent)]));
  const nodes: Node[] = [];
  let row = 0;
  const place = (agentId: string, depth: number) => {
    const own = byAgent.get(agentId) ?? [];
    const at = row;
    nodes.push({
      agentId,
      role: own[0]?.role ?? "",
      turns: own,
      parent: parents.get(agentId) ?? null,
      depth,
      row: at,
    });
    const children = [...byAgent.keys()].filter((id) => parents.get(id) === agentId);
    for (const child of children) {
      place(child, depth + 1);
    }
    row += children.length === 0 ? 1 : 0;
  };
  for (const [id, parent] of parents) {
    if (parent === null) {
      place(id, 0);
    }
  }
  return nodes;
}

/** The one that asked first; nobody where that would lead in a circle. */
function parentOf(own: readonly AgentTurn[], byAgent: ReadonlyMap<string, AgentTurn[]>): string | null {
  const parent = own.find((turn) => turn.parentId !== null)?.parentId ?? null;
  const seen = new Set(own.map((turn) => turn.agentId));
  for (let above = parent; above !== null; above = byAgent.get(above)?.[0]?.parentId ?? null) {
    if (seen.has(above) || !byAgent.has(above)) {
      return null;
    }
    seen.add(above);
  }
  return parent;
}
