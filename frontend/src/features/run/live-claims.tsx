import { Check } from "lucide-react";
import { UnsupportedBadge } from "@/features/answer/claim-text";
import type { RunView } from "./fold-run";

/** The answer as it comes: verified claims, then what the writer is writing. */
export function LiveClaims({ view, live }: { view: RunView; live: boolean }) {
  const verified = view.claims.map((claim) => claim.text);
  const draft = restOf(view.draft, verified);
  if (verified.length === 0 && !draft) {
    return null;
  }
  return (
    <section className="mt-8" aria-labelledby="so-far">
      <h2 id="so-far" className="eyebrow mb-3">
        {live ? "The answer so far" : "What it had written"}
      </h2>
      <div className="max-w-[42rem] space-y-3 font-serif text-lg leading-relaxed">
        {view.claims.map((claim) => (
          <p key={`${claim.text}/${claim.citations.join()}`} className="flex gap-3">
            <Check
              aria-hidden
              className={claim.supported ? "mt-1.5 size-4 shrink-0 text-success" : "invisible size-4"}
            />
            <span>
              {claim.text} {!claim.supported && <UnsupportedBadge />}
            </span>
          </p>
        ))}
        {draft && <p className="pl-7 whitespace-pre-wrap text-muted-foreground">{draft}</p>}
      </div>
    </section>
  );
}

/** The part of a draft after its last verified claim. */
export function restOf(draft: string, verified: readonly string[]): string {
  const ends = verified.map((text) => {
    const at = draft.lastIndexOf(text);
    return at < 0 ? 0 : at + text.length;
  });
  return draft.slice(Math.max(0, ...ends)).trim();
}
