import type { TaskResult } from "@/api/types";

/** What two results have in common. */
export interface Shared {
  /** texts of claims of either that the other one makes, too */
  claims: ReadonlySet<string>;
  sources: ReadonlySet<string>;
}

type Result = Pick<TaskResult, "claims" | "citations"> | null | undefined;

/** Compare two results. Claims are alike when they have the same words, whatever their case and punctuation. */
export function comparisonOf(one: Result, other: Result): Shared {
  const texts = (result: Result) => result?.claims.map((claim) => claim.text) ?? [];
  const urls = (result: Result) => new Set(result?.citations.map((citation) => citation.url));
  const [first, second] = [new Set(texts(one).map(words)), new Set(texts(other).map(words))];
  const alike = [...texts(one), ...texts(other)].filter(
    (text) => first.has(words(text)) && second.has(words(text)),
  );
  return { claims: new Set(alike), sources: new Set([...urls(one)].filter((url) => urls(other).has(url))) };
}

const words = (text: string): string => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(" ");
