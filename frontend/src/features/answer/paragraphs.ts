import type { Claim } from "@/api/types";

/**
 * Group claims into the paragraphs of the answer: where the output breaks a line between two claims, a new paragraph
 * begins. A claim that the output does not contain stays with the one before it.
 */
export function paragraphsOf(claims: readonly Claim[], output: string): Claim[][] {
  const paragraphs: Claim[][] = [];
  let position = 0;
  for (const claim of claims) {
    const found = output.indexOf(claim.text, position);
    const gap = found < 0 ? "" : output.slice(position, found);
    const current = paragraphs.at(-1);
    if (current && !gap.includes("\n")) {
      current.push(claim);
    } else {
      paragraphs.push([claim]);
    }
    position = found < 0 ? position : found + claim.text.length;
  }
  return paragraphs;
}
