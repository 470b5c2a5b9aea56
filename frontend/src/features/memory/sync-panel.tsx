import { RefreshCw } from "lucide-react";
import type { ReactNode } from "react";
import type { SyncReport, SyncState } from "@/api/types";
import { FailureNote } from "@/components/states/failure";
import { Message } from "@/components/states/message";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { RelativeTime } from "@/components/ui/relative-time";
import { formatCount, plural } from "@/lib/format";
import { cn } from "@/lib/utils";
import { useSync } from "./queries";

/** How this machine stands with the others. */
export function SyncPanel({ state }: { state: SyncState | null }) {
  return state ? (
    <Standing state={state} />
  ) : (
    <p className="mb-5 text-sm text-muted-foreground">
      Memories stay on this machine. To exchange them with others, name a store in{" "}
      <code className="font-mono text-[0.93em]">ROOKERY_SYNC__STORE</code> and start Rookery again.
    </p>
  );
}

function Standing({ state }: { state: SyncState }) {
  const sync = useSync();
  return (
    <Card className="mb-5 px-4 py-3 text-sm sm:px-5">
      <section aria-labelledby="sync" className="flex flex-wrap items-center gap-x-8 gap-y-3">
        <h2 id="sync" className="sr-only">
          Sync
        </h2>
        <dl className="grid flex-1 basis-64 grid-cols-2 gap-x-8 gap-y-2 sm:flex sm:flex-wrap">
          <Fact name="Store">
            <span className="mr-2">{state.store}</span>
            <Badge variant={state.encrypted ? "success" : "default"}>
              {state.encrypted ? "Encrypted" : "Not encrypted"}
            </Badge>
          </Fact>
          <Fact name="Last exchange">
            {state.synced_at ? <RelativeTime at={state.synced_at} /> : "never"}
          </Fact>
          <Fact name="Waiting to be sent">
            {state.waiting ? plural(state.waiting, "version") : "nothing"}
          </Fact>
          <Fact name="Other devices">{state.devices ? formatCount(state.devices) : "none yet"}</Fact>
        </dl>
        <Button
          variant="outline"
          disabled={sync.isPending}
          onClick={() => sync.mutate()}
          className="max-sm:w-full"
        >
          <RefreshCw aria-hidden className={cn(sync.isPending && "animate-spin")} />
          {sync.isPending ? "Exchanging…" : "Sync now"}
        </Button>
      </section>
      <div aria-live="polite" className="mt-2 empty:hidden">
        {sync.data && <Exchanged report={sync.data} />}
        <FailureNote error={sync.error} />
      </div>
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-muted-foreground">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Exchanged({ report }: { report: SyncReport }) {
  const { sent, received, problems } = report;
  const nothing = sent === 0 && received === 0;
  return (
    <>
      <p className="text-success">
        {nothing
          ? "Nothing new on either side."
          : `Sent ${formatCount(sent)}, received ${formatCount(received)}.`}
      </p>
      {problems.length > 0 && (
        <ul aria-label="What could not be read" className="mt-1 space-y-0.5 break-words text-warning">
          {problems.map((problem) => (
            <li key={problem}>
              <Message text={problem} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
