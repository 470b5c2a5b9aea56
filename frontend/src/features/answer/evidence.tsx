import type { Citation } from "@/api/types";
import { formatUrl } from "@/lib/format";

interface EvidenceProps {
  citations: readonly Citation[];
  onOpen: (citation: Citation) => void;
}

/** The quotes that hold the answer, grouped by their source. */
export function Evidence({ citations, onOpen }: EvidenceProps) {
  return (
    <aside aria-labelledby="evidence">
      <h2 id="evidence" className="eyebrow mb-3">
        Quotes by source
      </h2>
      <div className="space-y-6">
        {bySource(citations).map(([url, quotes]) => (
          <section key={url}>
            <h3 className="font-medium">{quotes[0]?.title}</h3>
            <p className="truncate font-mono text-xs text-muted-foreground" title={formatUrl(url)}>
              {formatUrl(url)}
            </p>
            <ul className="mt-2 space-y-1">
              {quotes.map((citation) => (
                <li key={citation.id}>
                  <button
                    type="button"
                    onClick={() => onOpen(citation)}
                    className="group flex w-full gap-2.5 rounded-md py-1.5 pr-2 text-left text-sm hover:bg-sunken"
                  >
                    <span className="w-5 shrink-0 text-right text-xs leading-5 font-semibold text-primary tabular-nums">
                      {citation.id}
                    </span>
                    <span className="line-clamp-3 border-l-2 border-mark pl-2.5 font-serif text-[0.9375rem] leading-snug">
                      {citation.quote}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </aside>
  );
}

function bySource(citations: readonly Citation[]): [string, Citation[]][] {
  const sources = new Map<string, Citation[]>();
  for (const citation of citations) {
    sources.set(citation.url, [...(sources.get(citation.url) ?? []), citation]);
  }
  return [...sources];
}
