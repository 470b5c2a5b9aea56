import { Link } from "react-router";
import type { Run } from "@/api/types";
import { formatClock, formatDay, formatModel, formatSeconds, plural } from "@/lib/format";
import { StatusBadge } from "./status-badge";

interface RunRowProps {
  run: Run;
  dated?: boolean;
  /** whether it is to be compared */
  chosen?: boolean;
  onChoose?: (id: string) => void;
}

/** One run in a list: its question, and what came of it. */
export function RunRow({ run, dated = false, chosen = false, onChoose }: RunRowProps) {
  return (
    <li className="flex items-start">
      {onChoose && (
        <label className="grid size-11 shrink-0 place-items-center pt-1.5">
          <span className="sr-only">Compare: {run.question}</span>
          <input
            type="checkbox"
            checked={chosen}
            onChange={() => onChoose(run.id)}
            className="size-4 accent-primary"
          />
        </label>
      )}
      <Link
        to={`/runs/${run.id}`}
        className="group flex min-w-0 flex-1 flex-col gap-x-6 gap-y-2 py-3.5 pr-4 pl-1 transition-colors hover:bg-sunken/60 first:pl-4 sm:flex-row sm:items-start sm:justify-between sm:pr-5 sm:first:pl-5"
      >
        <span className="min-w-0">
          <span className="line-clamp-2 font-medium group-hover:text-primary">{run.question}</span>
          <span className="mt-1 flex flex-wrap gap-x-3 text-sm text-muted-foreground">
            {[whenOf(run, dated), ...detailsOf(run)].map((detail) => (
              <span key={detail}>{detail}</span>
            ))}
          </span>
        </span>
        <StatusBadge status={run.status} className="mt-0.5" />
      </Link>
    </li>
  );
}

function whenOf(run: Run, dated: boolean): string {
  const day = formatDay(run.created_at);
  return dated && day !== "Today" ? day : formatClock(run.created_at);
}

function detailsOf(run: Run): string[] {
  const supported = run.result?.claims.filter((claim) => claim.supported).length;
  const seconds =
    run.started_at && run.finished_at
      ? (Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000
      : undefined;
  return [
    formatModel(run.model),
    run.sources.length > 0 ? plural(run.sources.length, "source") : "whole library",
    supported === undefined ? "" : plural(supported, "supported claim"),
    seconds === undefined ? "" : formatSeconds(seconds),
  ].filter(Boolean);
}
