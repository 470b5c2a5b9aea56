import { useState } from "react";
import { plural } from "@/lib/format";
import { cn } from "@/lib/utils";
import { AgentCard } from "./agent-card";
import { delegationsOf, type Node } from "./delegations";
import type { RunView } from "./fold-run";
import { nameOf } from "./names";

const COLUMN = 220;
const ROW = 76;
const CARD = { width: 176, height: 56 };

/** Who asked whom: each agent to the right of the one that gave it its task. One that is chosen tells its work. */
export default function Delegation({ view }: { view: RunView }) {
  const nodes = delegationsOf(view.turns);
  const [chosen, setChosen] = useState<string | null>(null);
  if (nodes.length === 0) {
    return <p className="text-muted-foreground">The agents have not set out yet.</p>;
  }
  const width = Math.max(...nodes.map((node) => node.depth)) * COLUMN + CARD.width;
  const height = Math.max(...nodes.map((node) => node.row)) * ROW + CARD.height;
  const detail = nodes.find((node) => node.agentId === chosen);
  return (
    <div className="space-y-5">
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the graph scrolls, so the keyboard must reach it
        tabIndex={0}
        aria-label="Who asked whom"
        className="overflow-x-auto rounded-lg border bg-card p-5"
      >
        <div className="relative" style={{ width, height }}>
          <svg width={width} height={height} fill="none" aria-hidden="true" className="absolute text-twig">
            {nodes.map((node) => (
              <path key={node.agentId} d={edge(nodes, node)} stroke="currentColor" strokeWidth="1.5" />
            ))}
          </svg>
          <ul>
            {nodes.map((node) => (
              <li
                key={node.agentId}
                className="absolute"
                style={{ left: node.depth * COLUMN, top: node.row * ROW, ...CARD }}
              >
                <Agent
                  node={node}
                  chosen={node.agentId === chosen}
                  onChoose={() => setChosen(node.agentId === chosen ? null : node.agentId)}
                />
              </li>
            ))}
          </ul>
        </div>
      </section>
      {detail?.turns.map((turn) => (
        <AgentCard key={turn.key} turn={turn} />
      ))}
    </div>
  );
}

interface AgentProps {
  node: Node;
  chosen: boolean;
  onChoose: () => void;
}

function Agent({ node, chosen, onChoose }: AgentProps) {
  const calls = node.turns.flatMap((turn) => turn.activities).filter(({ kind }) => kind === "tool").length;
  const working = node.turns.some((turn) => turn.state === "working");
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onChoose}
      title={node.turns[0]?.goal}
      className={cn(
        "flex size-full flex-col justify-center rounded-md border bg-background px-3 text-left hover:border-ring",
        working && "border-primary",
        chosen && "border-ring bg-tint",
      )}
    >
      <span className="w-full truncate text-sm font-medium capitalize">{nameOf(node.agentId)}</span>
      <span className="w-full truncate text-xs text-muted-foreground">
        {node.parent && <span className="sr-only">asked by {nameOf(node.parent)}, </span>}
        {plural(node.turns.length, "turn")}, {plural(calls, "call")}
      </span>
    </button>
  );
}

function edge(nodes: readonly Node[], node: Node): string {
  const parent = nodes.find(({ agentId }) => agentId === node.parent);
  if (!parent) {
    return "";
  }
  const from = [parent.depth * COLUMN + CARD.width, parent.row * ROW + CARD.height / 2] as const;
  const to = [node.depth * COLUMN, node.row * ROW + CARD.height / 2] as const;
  const middle = (from[0] + to[0]) / 2;
  return `M${from.join(" ")}C${middle} ${from[1]} ${middle} ${to[1]} ${to.join(" ")}`;
}
