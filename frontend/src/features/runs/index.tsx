import { Scale } from "lucide-react";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import type { Run, RunStatus } from "@/api/types";
import { Page } from "@/components/layout/page";
import { Listing } from "@/components/states/listing";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { formatDay } from "@/lib/format";
import { useRuns } from "./queries";
import { RunFilter } from "./run-filter";
import { RunRow } from "./run-row";

export function Component() {
  const [params, setParams] = useSearchParams();
  const query = { text: params.get("q") ?? "", status: (params.get("status") ?? "") as RunStatus | "" };
  const runs = useRuns(query);
  const filtered = Boolean(query.text.trim() || query.status);
  return (
    <Page
      title="Runs"
      lead="Every question that was asked, with its answer and the way to it."
      actions={
        <Button asChild>
          <Link to="/">New question</Link>
        </Button>
      }
    >
      <RunFilter
        query={query}
        onChange={({ text, status }) =>
          setParams({ ...(text && { q: text }), ...(status && { status }) }, { replace: true })
        }
      />
      <Listing query={runs} empty={filtered ? <NoMatch /> : <NoRuns />}>
        {(items) => <RunList runs={items} />}
      </Listing>
      {runs.hasNextPage && (
        <div className="mt-6 text-center">
          <Button
            variant="outline"
            disabled={runs.isFetchingNextPage}
            onClick={() => void runs.fetchNextPage()}
          >
            {runs.isFetchingNextPage ? "Loading…" : "Show earlier runs"}
          </Button>
        </div>
      )}
    </Page>
  );
}

const NoMatch = () => <p className="py-8 text-center text-muted-foreground">No run matches this filter.</p>;

function NoRuns() {
  return (
    <State
      picture={<EmptyNest />}
      title="No runs yet"
      action={
        <Button asChild>
          <Link to="/">Ask the first question</Link>
        </Button>
      }
    >
      <p>A run appears here as soon as it starts, from this page, the command line or the API.</p>
    </State>
  );
}

/** The runs by day. Two that are chosen can be compared; a third takes the place of the first. */
function RunList({ runs }: { runs: Run[] }) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [one, other] = chosen;
  const choose = (id: string) =>
    setChosen(chosen.includes(id) ? chosen.filter((taken) => taken !== id) : [...chosen, id].slice(-2));
  return (
    <>
      {byDay(runs).map(([day, dayRuns]) => (
        <section key={day} className="mb-6">
          <h2 className="eyebrow mb-2">{day}</h2>
          <Card className="overflow-hidden">
            <ul className="divide-y">
              {dayRuns.map((run) => (
                <RunRow key={run.id} run={run} chosen={chosen.includes(run.id)} onChoose={choose} />
              ))}
            </ul>
          </Card>
        </section>
      ))}
      {one && (
        <div className="sticky bottom-4 z-10 mx-auto flex w-fit items-center gap-4 rounded-lg border bg-card px-4 py-2.5 shadow-sheet">
          {other ? (
            <Button asChild size="sm">
              <Link to={`/runs/compare?one=${one}&other=${other}`}>
                <Scale aria-hidden /> Compare the two
              </Link>
            </Button>
          ) : (
            <span className="text-sm">Choose one more to compare.</span>
          )}
          <Button variant="ghost" size="sm" onClick={() => setChosen([])}>
            Clear
          </Button>
        </div>
      )}
    </>
  );
}

function byDay(runs: Run[]): [string, Run[]][] {
  const days = new Map<string, Run[]>();
  for (const run of runs) {
    const day = formatDay(run.created_at);
    days.set(day, [...(days.get(day) ?? []), run]);
  }
  return [...days];
}
