import { User } from "lucide-react";
import { useState } from "react";
import type { Memory } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { formatCount } from "@/lib/format";
import { labelOfTag } from "./filter";

const SHOWN = 10; // a memory may have thousands

interface TagsProps {
  memory: Memory;
  chosen: readonly string[];
  onTag: (tag: string) => void;
}

/** The namespace and the tags of a memory; a tag narrows the page to those that have it, and widens it again. */
export function Tags({ memory, chosen, onTag }: TagsProps) {
  const [all, setAll] = useState(false);
  const ordered = memory.tags.toSorted((one, other) => Number(isSpeaker(other)) - Number(isSpeaker(one)));
  const shown = all ? ordered : ordered.slice(0, SHOWN);
  return (
    <ul aria-label="Namespace and tags" className="flex min-w-0 flex-wrap items-center gap-1.5">
      <li className="flex max-w-full min-w-0">
        <Badge variant="accent" className="max-w-full">
          <span className="truncate">{memory.namespace}</span>
        </Badge>
      </li>
      {shown.map((tag) => (
        <li key={tag} className="flex max-w-full min-w-0">
          <Tag tag={tag} chosen={chosen.includes(tag)} onTag={onTag} />
        </li>
      ))}
      {ordered.length > shown.length && (
        <li>
          <Button variant="link" onClick={() => setAll(true)} className="h-6 px-1 text-xs">
            {formatCount(ordered.length - shown.length)} more tags
          </Button>
        </li>
      )}
    </ul>
  );
}

function Tag({ tag, chosen, onTag }: { tag: string; chosen: boolean; onTag: (tag: string) => void }) {
  const { label, speaker } = labelOfTag(tag);
  return (
    <button
      type="button"
      aria-pressed={chosen}
      aria-label={`Filter by ${speaker ? "speaker " : ""}${label}`}
      title={label}
      onClick={() => onTag(tag)}
      className="inline-flex h-6 max-w-full min-w-0 items-center gap-1 rounded-sm border px-1.5 text-xs font-medium text-muted-foreground transition-colors hover:border-primary/50 hover:text-primary aria-pressed:border-primary/50 aria-pressed:bg-tint aria-pressed:text-primary"
    >
      {speaker && <User aria-hidden className="size-3 shrink-0" />}
      <span className="truncate">{label}</span>
    </button>
  );
}

const isSpeaker = (tag: string): boolean => labelOfTag(tag).speaker;
