import { EmptyNest } from "@/components/states/pictures";
import { cn } from "@/lib/utils";
import { AgentCard } from "./agent-card";
import type { AgentTurn, RunView } from "./fold-run";
import { stagesOf } from "./stages";

const ABREAST = 3;
const COLUMNS: Record<number, string> = {
  1: "mx-auto max-w-xl",
  2: "sm:grid-cols-2",
  3: "sm:grid-cols-2 lg:grid-cols-3",
};

/** The agents in the order of their work, those that work at the same time side by side. */
export function AgentTree({ view }: { view: RunView }) {
  const stages = stagesOf(view.turns);
  if (stages.length === 0) {
    return (
      <div className="flex items-center gap-5 text-muted-foreground">
        <span className="text-twig">
          <EmptyNest />
        </span>
        The agents have not set out yet.
      </div>
    );
  }
  return (
    <div>
      <h3 className="eyebrow mb-3">Agents</h3>
      <ol>
        {stages.map((turns, index) => (
          <li key={turns[0]?.key}>
            {index > 0 && <Branches from={abreast(stages[index - 1])} to={abreast(turns)} />}
            <ul className={cn("grid gap-3", COLUMNS[abreast(turns)])}>
              {turns.map((turn) => (
                <li key={turn.key} className="min-w-0">
                  <AgentCard turn={turn} />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </div>
  );
}

const abreast = (turns: AgentTurn[] = []) => Math.min(turns.length, ABREAST);

/** The branches between two stages: they fork to agents that work side by side, and meet again below them. */
function Branches({ from, to }: { from: number; to: number }) {
  const above = centres(from).map((x) => `M${x} 0C${x} 12 600 6 600 17`);
  const below = centres(to).map((x) => `M600 15C600 28 ${x} 20 ${x} 32`);
  return (
    <>
      <span aria-hidden className="mx-auto block h-5 w-px bg-twig lg:hidden" />
      <svg
        viewBox="0 0 1200 32"
        preserveAspectRatio="none"
        fill="none"
        stroke="currentColor"
        aria-hidden="true"
        className="hidden h-8 w-full text-twig lg:block"
      >
        <path d={[...above, ...below].join("")} strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
      </svg>
    </>
  );
}

function centres(columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => ((column + 0.5) * 1200) / columns);
}
