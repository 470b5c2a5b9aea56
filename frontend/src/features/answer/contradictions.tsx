import { Scale } from "lucide-react";
import type { Citation } from "@/api/types";
import { formatUrl } from "@/lib/format";

interface ContradictionsProps {
  contradictions: readonly string[];
  citations: readonly Citation[];
  onOpen: (citation: Citation) => void;
}

/** Where the sources disagree, with the quotes that each disagreement speaks of. */
export function Contradictions({ contradictions, citations, onOpen }: ContradictionsProps) {
  if (contradictions.length === 0) {
    return null;
  }
  return (
    <section className="mt-8 max-w-[40rem]" aria-labelledby="contradictions">
      <h3 id="contradictions" className="flex items-center gap-2 font-medium">
        <Scale aria-hidden className="size-4.5 text-warning" />
        The sources disagree
      </h3>
      <ul className="mt-3 space-y-3">
        {contradictions.map((text) => (
          <li key={text} className="rounded-lg border border-warning/40 bg-warning/8 px-4 py-3">
            <p className="break-words">{text}</p>
            <Sides quotes={spokenOf(text, citations)} onOpen={onOpen} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Sides({ quotes, onOpen }: { quotes: Citation[]; onOpen: (citation: Citation) => void }) {
  return quotes.length > 0 ? (
    <ul className="mt-3 grid gap-3 sm:grid-cols-2">
      {quotes.map((quote) => (
        <li key={quote.id}>
          <button
            type="button"
            onClick={() => onOpen(quote)}
            className="flex size-full flex-col rounded-md border bg-card px-3 py-2 text-left hover:border-ring"
          >
            <span className="line-clamp-4 font-serif">“{quote.quote}”</span>
            <span className="mt-auto pt-2 text-xs break-all text-muted-foreground">
              [{quote.id}] {quote.title || formatUrl(quote.url)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  ) : null;
}

/** The quotes that a contradiction repeats, or whose source it names. */
export function spokenOf(text: string, citations: readonly Citation[]): Citation[] {
  const said = flat(text);
  return citations.filter(
    ({ quote, title }) => said.includes(flat(quote)) || (title.length > 3 && said.includes(flat(title))),
  );
}

const flat = (text: string): string => text.split(/\s+/).join(" ").trim().toLowerCase();
