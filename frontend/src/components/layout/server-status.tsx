import { CloudOff, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { UnreachableError } from "@/api/problem";
import { cn } from "@/lib/utils";
import { useReadiness } from "./use-readiness";

/** A dot and a word on the server's state. */
export function ServerStatus() {
  const { data, error } = useReadiness();
  const [colour, word] = error
    ? ["bg-destructive", "Not reachable"]
    : data?.ready === false
      ? ["bg-warning", "Not ready"]
      : data
        ? ["bg-success", "Connected"]
        : ["bg-input", "Connecting"];
  return (
    <p className="min-w-0 text-xs text-muted-foreground">
      <span className="flex items-center gap-2">
        <span aria-hidden className={cn("size-2 rounded-full", colour)} />
        {word}
      </span>
      <span className="mt-0.5 block truncate pl-4 font-mono text-[0.6875rem]">{location.host}</span>
    </p>
  );
}

/** A band across the page while the server is away or cannot serve. */
export function ServerBanner() {
  const { data, error, refetch, isFetching } = useReadiness();
  const away = error instanceof UnreachableError;
  const faults = data && !data.ready ? data.checks.filter((check) => !check.ok) : [];
  return (
    <div aria-live="polite">
      {away ? (
        <Band
          tone="bg-destructive/12 text-destructive"
          icon={<CloudOff aria-hidden className="mt-0.5 size-4 shrink-0" />}
        >
          Rookery does not answer at <span className="font-mono">{location.host}</span>. Start it with{" "}
          <code className="font-mono">rookery serve</code>; this page connects again by itself.{" "}
          <button
            type="button"
            disabled={isFetching}
            onClick={() => void refetch()}
            className="rounded-sm font-medium underline underline-offset-4"
          >
            Try now
          </button>
        </Band>
      ) : (
        faults.length > 0 && (
          <Band
            tone="bg-warning/12 text-warning"
            icon={<TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />}
          >
            Not ready: {faults.map((fault) => `${fault.name} (${fault.detail})`).join("; ")}
          </Band>
        )
      )}
    </div>
  );
}

function Band({ tone, icon, children }: { tone: string; icon: ReactNode; children: ReactNode }) {
  return (
    <div className={cn("flex items-start gap-3 px-4 py-2.5 text-sm sm:px-8", tone)}>
      {icon}
      <p>{children}</p>
    </div>
  );
}
