import { expect, it } from "vitest";
import type { Claim } from "@/api/types";
import { paragraphsOf } from "./paragraphs";

const claim = (text: string): Claim => ({ text, citations: [1], supported: true });
const texts = (paragraphs: Claim[][]) => paragraphs.map((claims) => claims.map(({ text }) => text));

it("claims on one line form one paragraph", () => {
  const output = "Rooks nest. [1] They are loud. [1]\n\nEggs are blue. [1]";
  const claims = ["Rooks nest.", "They are loud.", "Eggs are blue."].map(claim);
  expect(texts(paragraphsOf(claims, output))).toEqual([
    ["Rooks nest.", "They are loud."],
    ["Eggs are blue."],
  ]);
});

it("a claim that the output does not contain is kept", () => {
  expect(texts(paragraphsOf([claim("One."), claim("Two.")], "One. [1]"))).toEqual([["One.", "Two."]]);
});

it("no claims make no paragraphs", () => {
  expect(paragraphsOf([], "Nothing in the sources answers this.")).toEqual([]);
});
