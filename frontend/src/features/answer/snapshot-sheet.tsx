import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, unwrap } from "@/api/client";
import type { Citation, Snapshot } from "@/api/types";
import { Failure } from "@/components/states/failure";
import { OutLink, webAddress } from "@/components/ui/out-link";
import { Sheet, SheetContent, SheetDescription, SheetTitle } from "@/components/ui/sheet";
import { Skeleton } from "@/components/ui/skeleton";
import { formatMoment, formatUrl } from "@/lib/format";
import { cutAt } from "./code-points";
import { Integrity } from "./integrity";

interface SnapshotSheetProps {
  sha256: string | null;
  citation?: Citation | null;
  onClose: () => void;
}

/** The stored text of a source, at the place of a quote. */
export function SnapshotSheet({ sha256, citation = null, onClose }: SnapshotSheetProps) {
  return (
    <Sheet open={sha256 !== null} onOpenChange={(open) => !open && onClose()}>
      <SheetContent>{sha256 && <SnapshotView sha256={sha256} citation={citation} />}</SheetContent>
    </Sheet>
  );
}

function SnapshotView({ sha256, citation }: { sha256: string; citation: Citation | null }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["snapshots", sha256],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/v1/snapshots/{sha256}", { params: { path: { sha256 } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const url = data?.url ?? citation?.url;
  return (
    <>
      <header className="border-b px-6 pt-5 pr-14 pb-4">
        <SheetTitle className="display text-2xl">{data?.title ?? citation?.title ?? "Source"}</SheetTitle>
        <SheetDescription className="mt-1 font-mono text-xs break-all text-muted-foreground">
          {url ? formatUrl(url) : "Stored text"}
        </SheetDescription>
        {data && (
          <div className="mt-2.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-muted-foreground">
            <span>Stored {formatMoment(data.retrieved_at)}</span>
            <Integrity snapshot={data} citation={citation} />
            {webAddress(data.url) && <OutLink url={data.url} />}
          </div>
        )}
      </header>
      {data ? (
        <SnapshotText snapshot={data} citation={citation} />
      ) : error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : (
        <div role="status" aria-label="Loading the source" className="space-y-3 p-6">
          <Skeleton className="h-4 w-11/12" />
          <Skeleton className="h-4 w-full" />
          <Skeleton className="h-4 w-3/5" />
        </div>
      )}
    </>
  );
}

function SnapshotText({ snapshot, citation }: { snapshot: Snapshot; citation: Citation | null }) {
  const intoView = useCallback((mark: HTMLElement | null) => mark?.scrollIntoView?.({ block: "center" }), []);
  const cut = citation && cutAt(snapshot.text, citation.start, citation.end);
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the text scrolls, so the keyboard must reach it
      tabIndex={0}
      aria-label="Stored text"
      className="min-h-0 flex-1 overflow-y-auto px-6 py-5 -outline-offset-2"
    >
      <div className="max-w-prose font-serif text-[1.0625rem] leading-relaxed break-words whitespace-pre-wrap">
        {cut ? (
          <>
            {cut.before}
            <mark ref={intoView} key={citation.id}>
              {cut.quote}
            </mark>
            {cut.after}
          </>
        ) : (
          snapshot.text
        )}
      </div>
    </section>
  );
}
