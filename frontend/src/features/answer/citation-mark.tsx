import type { Citation } from "@/api/types";
import { Tooltip, TooltipContent, TooltipTrigger } from "@/components/ui/tooltip";

interface CitationMarkProps {
  citation: Citation;
  onOpen: (citation: Citation) => void;
}

/** A superscript [n]: the quote on hover or focus, its place in the source on click. */
export function CitationMark({ citation, onOpen }: CitationMarkProps) {
  return (
    <Tooltip>
      <TooltipTrigger asChild>
        <button
          type="button"
          onClick={() => onOpen(citation)}
          aria-label={`Citation ${citation.id}: ${citation.title}`}
          className="inline-flex h-[1.7em] -translate-y-[0.42em] items-center rounded-sm px-px font-sans text-[0.68em] font-semibold text-primary tabular-nums hover:bg-tint"
        >
          [{citation.id}]
        </button>
      </TooltipTrigger>
      <TooltipContent>
        <p className="font-serif text-base leading-snug">“{citation.quote}”</p>
        <p className="mt-2 text-xs text-muted-foreground">{citation.title}</p>
      </TooltipContent>
    </Tooltip>
  );
}
