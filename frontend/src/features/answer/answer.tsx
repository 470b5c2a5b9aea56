import { Feather } from "lucide-react";
import { useState } from "react";
import type { Citation, TaskResult } from "@/api/types";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { TooltipProvider } from "@/components/ui/tooltip";
import { formatModel, plural } from "@/lib/format";
import { ClaimText } from "./claim-text";
import { Contradictions } from "./contradictions";
import { Evidence } from "./evidence";
import { ExportAnswer } from "./export-answer";
import { paragraphsOf } from "./paragraphs";
import { SnapshotSheet } from "./snapshot-sheet";

interface AnswerProps {
  result: TaskResult;
  /** what the critic found that the sources disagree on */
  contradictions?: readonly string[];
}

const NONE: readonly string[] = [];

/** The answer: claims as prose, their quotes beside it, and the way into the sources. */
export function Answer({ result, contradictions = NONE }: AnswerProps) {
  const [opened, setOpened] = useState<Citation | null>(null);
  if (result.claims.length === 0) {
    return <NothingFound result={result} />;
  }
  return (
    <TooltipProvider delayDuration={150}>
      <div className="mt-8 grid grid-cols-[minmax(0,1fr)] gap-x-12 gap-y-10 lg:grid-cols-[minmax(0,1fr)_19rem]">
        <section aria-labelledby="answer">
          <h2 id="answer" className="sr-only">
            Answer
          </h2>
          <Verdict result={result} />
          <div className="max-w-[40rem] space-y-5 font-serif text-[1.1875rem] leading-[1.7]">
            {paragraphsOf(result.claims, result.output).map((claims) => (
              <p key={claims.map((claim) => claim.text).join()}>
                {claims.map((claim) => (
                  <ClaimText
                    key={`${claim.text}/${claim.citations.join()}`}
                    claim={claim}
                    citations={result.citations}
                    onOpen={setOpened}
                  />
                ))}
              </p>
            ))}
          </div>
          <Contradictions contradictions={contradictions} citations={result.citations} onOpen={setOpened} />
          {result.reflection_notes && <Notes text={result.reflection_notes} />}
          <ExportAnswer runId={result.task_id} />
        </section>
        <Evidence citations={result.citations} onOpen={setOpened} />
      </div>
      <SnapshotSheet
        sha256={opened?.source_sha256 ?? null}
        citation={opened}
        onClose={() => setOpened(null)}
      />
    </TooltipProvider>
  );
}

function Verdict({ result }: { result: TaskResult }) {
  const unsupported = result.claims.filter((claim) => !claim.supported).length;
  const supported = result.claims.length - unsupported;
  const by =
    result.model === "extractive"
      ? "Sentences of the sources themselves, unchanged."
      : `Written by ${formatModel(result.model)}.`;
  const held = `${plural(supported, "claim")} held by ${plural(result.citations.length, "quote")}`;
  return (
    <p className="mb-5 flex items-start gap-2 text-sm text-muted-foreground">
      <Feather aria-hidden className="mt-0.5 size-4 shrink-0 text-primary" />
      <span>
        {supported > 0 ? held : "Nothing clearly answers the question; this comes nearest"}
        {supported > 0 && unsupported > 0 && `, ${unsupported} not supported`}. {by}
      </span>
    </p>
  );
}

function Notes({ text }: { text: string }) {
  return (
    <section className="mt-8 max-w-[40rem] rounded-lg bg-sunken px-5 py-4" aria-labelledby="notes">
      <h3 id="notes" className="eyebrow">
        Reflection
      </h3>
      <p className="mt-1 whitespace-pre-line">{text}</p>
    </section>
  );
}

function NothingFound({ result }: { result: TaskResult }) {
  return (
    <section className="mt-6" aria-label="Answer">
      <State picture={<EmptyNest />} title="Nothing in the sources answers this">
        <p>
          The agents searched, and no sentence they found could hold an answer. Rather than guess, Rookery
          says so. Other sources or another wording may help.
        </p>
      </State>
      {result.reflection_notes && (
        <div className="mx-auto max-w-[40rem]">
          <Notes text={result.reflection_notes} />
        </div>
      )}
    </section>
  );
}
