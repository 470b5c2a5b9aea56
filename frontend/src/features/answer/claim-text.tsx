import { TriangleAlert } from "lucide-react";
import type { Citation, Claim } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { CitationMark } from "./citation-mark";

interface ClaimTextProps {
  claim: Claim;
  citations: readonly Citation[];
  onOpen: (citation: Citation) => void;
}

/** A claim as text, with a mark for each of its quotes. */
export function ClaimText({ claim, citations, onOpen }: ClaimTextProps) {
  const cited = claim.citations.flatMap((id) => citations.find((citation) => citation.id === id) ?? []);
  const [start, end] = cited.length > 0 ? beforeLastWord(claim.text) : [claim.text, ""];
  const tone = claim.supported ? undefined : "text-muted-foreground";
  return (
    <>
      <span className={tone}>{start}</span>
      <span className="whitespace-nowrap">
        <span className={tone}>{end}</span>
        {cited.map((citation) => (
          <CitationMark key={citation.id} citation={citation} onOpen={onOpen} />
        ))}
      </span>
      {!claim.supported && (
        <>
          {" "}
          <UnsupportedBadge />
        </>
      )}{" "}
    </>
  );
}

const LONG_WORD = 24;

/** Cut a text before its last word, which stays on one line with the marks; a very long one may break. */
function beforeLastWord(text: string): [string, string] {
  const cut = text.lastIndexOf(" ") + 1;
  return text.length - cut > LONG_WORD ? [text, ""] : [text.slice(0, cut), text.slice(cut)];
}

export function UnsupportedBadge() {
  return (
    <Badge
      variant="warning"
      className="align-[0.1em] font-sans"
      title="The quotes behind this sentence do not clearly hold it, or do not clearly answer the question"
    >
      <TriangleAlert aria-hidden />
      Unsupported
    </Badge>
  );
}
