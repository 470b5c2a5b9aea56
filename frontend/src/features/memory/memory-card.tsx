import { Trash2 } from "lucide-react";
import { Link } from "react-router";
import type { Memory } from "@/api/types";
import { FailureNote } from "@/components/states/failure";
import { Confirm } from "@/components/ui/alert-dialog";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { formatMoment, formatUrl } from "@/lib/format";
import { useForget } from "./queries";

interface MemoryCardProps {
  memory: Memory;
  /** Whether the score says how well a search fits; at rest it is the memory's importance. */
  found: boolean;
}

export function MemoryCard({ memory, found }: MemoryCardProps) {
  const forget = useForget();
  return (
    <article className="group px-4 py-4 sm:px-5">
      <div className="flex items-start gap-3">
        <p className="min-w-0 flex-1 break-words whitespace-pre-line">{memory.content}</p>
        <Confirm
          trigger={
            <Button
              variant="ghost"
              size="icon"
              disabled={forget.isPending}
              aria-label={`Forget: ${memory.content.slice(0, 60)}`}
              className="-my-1.5 text-muted-foreground"
            >
              <Trash2 aria-hidden />
            </Button>
          }
          title="Forget this memory?"
          description="Agents no longer recall it, on this machine and on those it syncs with. Its history stays."
          action="Forget it"
          onConfirm={() => forget.mutate(memory.id)}
        />
      </div>
      <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1.5 text-sm text-muted-foreground">
        <Score value={memory.relevance_score} label={found ? "Relevance" : "Importance"} />
        <Badge variant="accent">{memory.namespace}</Badge>
        {memory.tags.map((tag) => (
          <Badge key={tag} variant="outline">
            {tag}
          </Badge>
        ))}
        <time dateTime={memory.timestamp}>{formatMoment(memory.timestamp)}</time>
        {memory.source && <span className="max-w-full truncate">{formatUrl(memory.source)}</span>}
        {memory.run_id && (
          <Link to={`/runs/${memory.run_id}`} className="text-primary underline-offset-4 hover:underline">
            its run
          </Link>
        )}
      </div>
      <FailureNote error={forget.error} />
    </article>
  );
}

function Score({ value, label }: { value: number; label: string }) {
  const percent = Math.round(value * 100);
  return (
    <span className="flex items-center gap-2">
      <span aria-hidden className="h-1.5 w-12 overflow-hidden rounded-full bg-sunken">
        <span className="block h-full rounded-full bg-primary" style={{ width: `${percent}%` }} />
      </span>
      <span className="tabular-nums">
        {label} {percent} %
      </span>
    </span>
  );
}
