import { useState } from "react";
import { Link } from "react-router";
import type { Run, RunStatus } from "@/api/types";
import { Page } from "@/components/layout/page";
import { Listing } from "@/components/states/listing";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { NativeSelect } from "@/components/ui/native-select";
import { formatDay } from "@/lib/format";
import { useRuns } from "./queries";
import { RunRow } from "./run-row";
import { STATUS } from "./status-badge";

export function Component() {
  const runs = useRuns();
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
      <Listing query={runs} empty={<NoRuns />}>
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

function RunList({ runs }: { runs: Run[] }) {
  const [text, setText] = useState("");
  const [status, setStatus] = useState<RunStatus | "">("");
  const wanted = runs.filter(
    (run) =>
      (!status || run.status === status) && run.question.toLowerCase().includes(text.trim().toLowerCase()),
  );
  return (
    <>
      <search className="mb-5 flex flex-col gap-3 sm:flex-row">
        <Input
          type="search"
          aria-label="Filter by question"
          placeholder="Filter by question"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="sm:max-w-sm"
        />
        <div className="sm:w-44">
          <NativeSelect
            aria-label="Filter by status"
            value={status}
            onChange={(event) => setStatus(event.target.value as RunStatus | "")}
          >
            <option value="">Any status</option>
            {Object.entries(STATUS).map(([value, { label }]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </NativeSelect>
        </div>
      </search>
      {wanted.length === 0 && (
        <p className="py-8 text-center text-muted-foreground">No run matches this filter.</p>
      )}
      {byDay(wanted).map(([day, dayRuns]) => (
        <section key={day} className="mb-6">
          <h2 className="eyebrow mb-2">{day}</h2>
          <Card className="overflow-hidden">
            <ul className="divide-y">
              {dayRuns.map((run) => (
                <RunRow key={run.id} run={run} />
              ))}
            </ul>
          </Card>
        </section>
      ))}
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
