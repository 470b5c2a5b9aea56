import { ChevronRight, CornerDownRight, Eye } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { RunEvent } from "@/api/types";
import { plural } from "@/lib/format";
import type { Reflection, RunView } from "./fold-run";
import { RunApprovals } from "./run-approvals";
import { WorkViews } from "./work-views";

interface WorkProps {
  view: RunView;
  events: readonly RunEvent[];
  live: boolean;
}

/**
 * How the answer was found: the plan, the agents and what they did. Folded away once there is an answer, except for
 * a person who has chosen a view of it, which the address tells.
 */
export function Work({ view, events, live }: WorkProps) {
  const [chosen, setChosen] = useState<boolean | null>(null);
  const [params] = useSearchParams();
  const open = chosen ?? (live || params.has("view"));
  return (
    <section className={live ? "mt-8" : "mt-10 border-t pt-5 print:hidden"} aria-labelledby="work">
      <h2 id="work">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setChosen(!open)}
          className="flex w-full items-baseline gap-2 rounded-md text-left"
        >
          <ChevronRight
            aria-hidden
            className={`size-4 shrink-0 self-center text-muted-foreground transition-transform ${open ? "rotate-90" : ""}`}
          />
          <span className="display text-2xl">{live ? "The colony at work" : "How it was found"}</span>
          <span className="ml-auto text-sm text-muted-foreground">{summaryOf(view)}</span>
        </button>
      </h2>
      {open && (
        <div className="mt-6 space-y-8">
          <RunApprovals view={view} />
          <Plan plan={view.plan} />
          <WorkViews view={view} events={events} />
          <Interventions view={view} />
          {view.reflections.map((reflection) => (
            <ReflectionNote key={reflection.round} reflection={reflection} />
          ))}
        </div>
      )}
    </section>
  );
}

function summaryOf(view: RunView): string {
  const agents = new Set(view.turns.map((turn) => turn.agentId)).size;
  const tools = view.turns
    .flatMap((turn) => turn.activities)
    .filter((activity) => activity.kind === "tool").length;
  return agents > 0 ? `${plural(agents, "agent")}, ${plural(tools, "tool call")}` : "";
}

function Plan({ plan }: { plan: string[] }) {
  return plan.length > 0 ? (
    <div>
      <h3 className="eyebrow mb-2">Plan</h3>
      <ol className="max-w-3xl space-y-1.5">
        {plan.map((question, index) => (
          <li key={question} className="flex gap-3">
            <span aria-hidden className="w-3 shrink-0 text-muted-foreground tabular-nums">
              {index + 1}
            </span>
            {question}
          </li>
        ))}
      </ol>
    </div>
  ) : null;
}

function Interventions({ view }: { view: RunView }) {
  return view.interventions.length > 0 ? (
    <div>
      <h3 className="eyebrow mb-2">The supervisor stepped in</h3>
      <ul className="space-y-1.5">
        {view.interventions.map((intervention) => (
          <li key={intervention.seq} className="flex gap-3">
            <Eye aria-hidden className="mt-1 size-4 shrink-0 text-warning" />
            <span>
              {intervention.reason} <span className="text-muted-foreground">{intervention.action}</span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  ) : null;
}

function ReflectionNote({ reflection }: { reflection: Reflection }) {
  const lists = [
    { name: "Gaps", items: reflection.gaps },
    { name: "Contradictions", items: reflection.contradictions },
    { name: "Asked on", items: reflection.followUps },
  ].filter(({ items }) => items.length > 0);
  return (
    <div className="max-w-3xl">
      <h3 className="eyebrow mb-2">Reflection, round {reflection.round}</h3>
      {reflection.notes && <p>{reflection.notes}</p>}
      {!reflection.notes && lists.length === 0 && <p>No gaps and no contradictions found.</p>}
      {lists.map(({ name, items }) => (
        <div key={name} className="mt-2">
          <p className="text-sm font-medium">{name}</p>
          <ul className="mt-1 space-y-1 text-sm">
            {items.map((item) => (
              <li key={item} className="flex gap-2">
                <CornerDownRight aria-hidden className="mt-0.5 size-4 shrink-0 text-muted-foreground" />
                {item}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}
