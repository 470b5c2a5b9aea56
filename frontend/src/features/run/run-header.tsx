import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pause, Play, Square } from "lucide-react";
import { api, unwrap } from "@/api/client";
import type { Run, RunStatus } from "@/api/types";
import { FailureNote } from "@/components/states/failure";
import { Confirm } from "@/components/ui/alert-dialog";
import { Button } from "@/components/ui/button";
import { isAtWork } from "@/features/runs/queries";
import { StatusBadge } from "@/features/runs/status-badge";
import { formatModel, formatMoment, formatSeconds, plural } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import type { RunView } from "./fold-run";
import type { Connection } from "./follow-run";
import { progressOf } from "./progress";

interface RunHeaderProps {
  run: Run;
  view: RunView;
  status: RunStatus;
  connection: Connection;
  onSteered: () => void;
}

export function RunHeader({ run, view, status, connection, onSteered }: RunHeaderProps) {
  const steer = useSteer(run.id, onSteered);
  return (
    <header className="border-b pb-6">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm text-muted-foreground">
        <StatusBadge status={status} />
        <Elapsed run={run} view={view} status={status} />
        <ConnectionNote connection={connection} status={status} />
        <div className="ml-auto flex gap-2 max-sm:w-full print:hidden">
          <Controls status={status} busy={steer.isPending} onSteer={steer.mutate} />
        </div>
      </div>
      <h1 className="display mt-4 max-w-4xl text-3xl break-words sm:text-4xl">{run.question}</h1>
      <dl className="mt-4 flex flex-wrap gap-x-6 gap-y-1 text-sm">
        <Fact name="Asked" value={formatMoment(run.created_at)} />
        <Fact name="Model" value={formatModel(run.result?.model ?? view.model ?? run.model)} />
        <Fact name="Depth" value={run.depth} />
        <Fact name="Searched" value={run.sources.length > 0 ? run.sources.join(", ") : "the whole library"} />
        {run.namespace !== "default" && <Fact name="Namespace" value={run.namespace} />}
        {run.result && run.result.usage.prompt_tokens > 0 && (
          <Fact
            name="Tokens"
            value={`${plural(run.result.usage.prompt_tokens, "read", "read")}, ${plural(run.result.usage.completion_tokens, "written", "written")}`}
          />
        )}
      </dl>
      <p className="sr-only" aria-live="polite">
        {progressOf(view, status)}
      </p>
      <div className="mt-4 empty:hidden">
        <FailureNote error={steer.error} />
      </div>
    </header>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div className="flex min-w-0 gap-1.5">
      <dt className="text-muted-foreground">{name}</dt>
      <dd className="min-w-0 break-words">{value}</dd>
    </div>
  );
}

function Elapsed({ run, view, status }: Pick<RunHeaderProps, "run" | "view" | "status">) {
  const ticking = status === "running";
  const now = useNow(ticking);
  const begin = run.started_at ?? view.startedAt;
  if (!begin) {
    return null;
  }
  const end = ticking ? now : Date.parse(run.finished_at ?? view.lastAt ?? begin);
  const seconds = Math.max(end - Date.parse(begin), 0) / 1000;
  return (
    <span className="tabular-nums">
      <span className="sr-only">Elapsed: </span>
      {ticking ? formatSeconds(Math.max(Math.floor(seconds), 0)).replace(".0", "") : formatSeconds(seconds)}
    </span>
  );
}

function ConnectionNote({ connection, status }: { connection: Connection; status: RunStatus }) {
  if (connection.state === "lost") {
    return <span className="text-destructive">Not following: {connection.error.message}</span>;
  }
  const dropped = connection.state === "waiting" && connection.seconds >= 1 && isAtWork(status);
  return dropped ? <span className="text-warning">Connection dropped, taking it up again…</span> : null;
}

type Action = "cancel" | "pause" | "resume";

interface ControlsProps {
  status: RunStatus;
  busy: boolean;
  onSteer: (action: Action) => void;
}

function Controls({ status, busy, onSteer }: ControlsProps) {
  const parked = status === "paused" || status === "interrupted";
  if (!parked && !isAtWork(status)) {
    return null;
  }
  return (
    <>
      {parked ? (
        <Button variant="outline" size="sm" disabled={busy} onClick={() => onSteer("resume")}>
          <Play aria-hidden /> Resume
        </Button>
      ) : (
        <Button variant="outline" size="sm" disabled={busy} onClick={() => onSteer("pause")}>
          <Pause aria-hidden /> Pause
        </Button>
      )}
      <Confirm
        trigger={
          <Button variant="outline" size="sm" disabled={busy}>
            <Square aria-hidden /> Cancel
          </Button>
        }
        title="End this run?"
        description="What it has found so far stays, but it cannot be resumed."
        action="End the run"
        onConfirm={() => onSteer("cancel")}
      />
    </>
  );
}

const STEER = {
  cancel: "/v1/runs/{run_id}/cancel",
  pause: "/v1/runs/{run_id}/pause",
  resume: "/v1/runs/{run_id}/resume",
} as const;

function useSteer(runId: string, onSteered: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (action: Action) => unwrap(api.POST(STEER[action], { params: { path: { run_id: runId } } })),
    onSuccess: (run) => {
      queries.setQueryData(["runs", runId], run);
      onSteered();
    },
  });
}
