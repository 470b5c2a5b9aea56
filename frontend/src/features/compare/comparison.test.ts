import { expect, it } from "vitest";
import type { Citation, Claim } from "@/api/types";
import { comparisonOf } from "./comparison";

const result = (texts: string[], urls: string[]) => ({
  claims: texts.map((text) => ({ text, citations: [], supported: true }) as Claim),
  citations: urls.map((url) => ({ url }) as Citation),
});

it("finds the claims that both make, whatever their punctuation, and the sources that both quote", () => {
  const shared = comparisonOf(
    result(["Rooks nest in elms.", "They build early."], ["a", "b"]),
    result(["Rooks nest in elms", "They build late."], ["b", "c"]),
  );
  expect([...shared.claims]).toEqual(["Rooks nest in elms.", "Rooks nest in elms"]);
  expect([...shared.sources]).toEqual(["b"]);
});

it("finds nothing in common with a run that has no answer", () => {
  const shared = comparisonOf(result(["Rooks nest."], ["a"]), null);
  expect([shared.claims.size, shared.sources.size]).toEqual([0, 0]);
});
