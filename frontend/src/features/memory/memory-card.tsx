import { ChevronDown, ShieldCheck, Trash2 } from "lucide-react";
import { useId, useState } from "react";
import { Link } from "react-router";
import type { FoundMemory, Memory } from "@/api/types";
import { FailureNote } from "@/components/states/failure";
import { Confirm } from "@/components/ui/alert-dialog";
import { Button } from "@/components/ui/button";
import { RelativeTime } from "@/components/ui/relative-time";
import { formatShare, formatUrl, plural } from "@/lib/format";
import { cn } from "@/lib/utils";
import { FoldedText } from "./folded-text";
import { HistorySheet } from "./history-sheet";
import { useForget } from "./queries";
import { Tags } from "./tags";
import { WhyTable } from "./why-table";

interface MemoryCardProps {
  /** As it rests, or as a search found it. */
  memory: Memory | FoundMemory;
  tags: readonly string[];
  onTag: (tag: string) => void;
  onForgotten: () => void;
}

export function MemoryCard({ memory, tags, onTag, onForgotten }: MemoryCardProps) {
  const id = useId();
  const [explained, setExplained] = useState(false);
  const forget = useForget(onForgotten);
  const why = "why" in memory ? memory.why : null;
  return (
    <article className="px-4 pt-4 pb-2 sm:px-5">
      <FoldedText text={memory.content} />
      <div className="mt-2 flex flex-wrap items-center gap-x-4">
        <div className="flex min-w-0 flex-1 basis-72 flex-wrap items-center gap-x-4 gap-y-1.5 text-sm text-muted-foreground">
          {why && <Relevance value={memory.relevance_score} />}
          <Tags memory={memory} chosen={tags} onTag={onTag} />
          <Facts memory={memory} />
        </div>
        <div className="-mr-2 ml-auto flex items-center">
          {why && (
            <Button
              variant="ghost"
              size="sm"
              aria-expanded={explained}
              aria-controls={id}
              onClick={() => setExplained(!explained)}
              className="text-muted-foreground"
            >
              <ChevronDown aria-hidden className={cn("transition-transform", explained && "rotate-180")} />{" "}
              Why
            </Button>
          )}
          <HistorySheet memory={memory} />
          <Forget memory={memory} disabled={forget.isPending} onForget={() => forget.mutate(memory)} />
        </div>
      </div>
      <div id={id} hidden={!explained} className="pt-1.5 pb-2">
        {why && explained && <WhyTable why={why} relevance={memory.relevance_score} />}
      </div>
      <FailureNote error={forget.error} />
    </article>
  );
}

function Facts({ memory }: { memory: Memory }) {
  return (
    <>
      <RelativeTime at={memory.timestamp} />
      {memory.source && <Source url={memory.source} />}
      {memory.run_id && (
        <Link to={`/runs/${memory.run_id}`} className="text-primary underline-offset-4 hover:underline">
          Its run
        </Link>
      )}
      {memory.redactions > 0 && (
        <span className="flex items-center gap-1.5">
          <ShieldCheck aria-hidden className="size-4" />
          {plural(memory.redactions, "credential was", "credentials were")} replaced
        </span>
      )}
    </>
  );
}

function Relevance({ value }: { value: number }) {
  return (
    <span className="flex min-w-38 items-center gap-2">
      <span aria-hidden className="h-1.5 w-14 overflow-hidden rounded-full bg-sunken">
        <span className="block h-full rounded-full bg-primary" style={{ width: `${value * 100}%` }} />
      </span>
      <span className="tabular-nums">{formatShare(value)} relevant</span>
    </span>
  );
}

/** Where it comes from; nothing is fetched before the reader follows the link. */
function Source({ url }: { url: string }) {
  return /^https?:\/\//i.test(url) ? (
    <a
      href={url}
      target="_blank"
      rel="noopener noreferrer"
      title={url}
      className="max-w-80 truncate text-primary underline-offset-4 hover:underline"
    >
      {formatUrl(url)}
    </a>
  ) : (
    <span title={url} className="max-w-80 truncate">
      {formatUrl(url)}
    </span>
  );
}

interface ForgetProps {
  memory: Memory;
  disabled: boolean;
  onForget: () => void;
}

function Forget({ memory, disabled, onForget }: ForgetProps) {
  return (
    <Confirm
      trigger={
        <Button
          variant="ghost"
          size="sm"
          disabled={disabled}
          aria-label={`Forget: ${memory.content.slice(0, 60)}`}
          className="text-muted-foreground"
        >
          <Trash2 aria-hidden />
        </Button>
      }
      title="Forget this memory?"
      description="Agents no longer recall it. After the next sync your other machines forget it too. Its history stays."
      action="Forget it"
      onConfirm={onForget}
    />
  );
}
