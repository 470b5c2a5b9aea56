import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Run, RunStatus } from "@/api/types";
import { abandoned } from "./fold-run";
import { useRunStream } from "./use-run-stream";

/** A run as its events tell it; the stored run is read again when they bring a new status. */
export function useLiveRun(run: Run) {
  const [attempt, setAttempt] = useState(0);
  const stream = useRunStream(run.id, attempt);
  const queries = useQueryClient();
  const told = stream.view.status;

  useEffect(() => {
    if (told !== "queued" && told !== run.status) {
      void queries.invalidateQueries({ queryKey: ["runs"] });
    }
  }, [told, run.status, queries]);

  const status = statusOf(run.status, told);
  const view = status === "interrupted" ? abandoned(stream.view) : stream.view;
  const { connection, events } = stream;
  return { connection, view, events, status, reconnect: () => setAttempt((before) => before + 1) };
}

/**
 * The events are fresher than the stored run, except that they do not know of a process that died: a run that seems to
 * run, and a run that was parked by its process's end, are `interrupted` when the store says so.
 */
export function statusOf(stored: RunStatus, told: RunStatus): RunStatus {
  if (told === "queued") {
    return stored;
  }
  return stored === "interrupted" && (told === "running" || told === "paused") ? "interrupted" : told;
}
