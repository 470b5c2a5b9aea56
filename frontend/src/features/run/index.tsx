import { useParams } from "react-router";
import type { Run, RunStatus } from "@/api/types";
import { Failure } from "@/components/states/failure";
import { LoadingRows } from "@/components/states/loading";
import { Answer } from "@/features/answer/answer";
import { isAtWork, useRun } from "@/features/runs/queries";
import { useTitle } from "@/lib/use-title";
import type { RunView } from "./fold-run";
import { LiveClaims } from "./live-claims";
import { Outcome } from "./outcome";
import { RunHeader } from "./run-header";
import { useLiveRun } from "./use-live-run";
import { Work } from "./work";

export function Component() {
  const { id = "" } = useParams();
  const run = useRun(id);
  if (run.data) {
    return <RunPage key={id} run={run.data} />;
  }
  return (
    <div className="mx-auto max-w-6xl px-4 pt-8 sm:px-8 lg:pt-12">
      <h1 className="sr-only">Run</h1>
      {run.error ? <Failure error={run.error} retry={() => void run.refetch()} /> : <LoadingRows rows={4} />}
    </div>
  );
}

/** Its result is on the way, if it is not here yet. */
const ANSWERED = new Set<RunStatus>(["succeeded", "partial"]);

function RunPage({ run }: { run: Run }) {
  const { view, events, connection, status, reconnect } = useLiveRun(run);
  useTitle(run.question);
  const result = run.result ?? null;
  // The stored result may be here before the stream has told the end.
  const live = !result && (isAtWork(status) || status === "paused" || status === "interrupted");
  return (
    <div className="mx-auto w-full max-w-6xl px-4 pt-6 pb-20 sm:px-8 lg:pt-12">
      <RunHeader run={run} view={view} status={status} connection={connection} onSteered={reconnect} />
      <Outcome status={status} error={run.error ?? view.error} />
      {result && <Answer result={result} contradictions={contradictionsOf(view)} />}
      {!result && <LiveClaims view={view} live={live || ANSWERED.has(status)} />}
      <Work view={view} events={events} live={live} />
    </div>
  );
}

const contradictionsOf = (view: RunView): string[] => [
  ...new Set(view.reflections.flatMap((reflection) => reflection.contradictions)),
];
