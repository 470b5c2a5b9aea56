import type { ReactNode } from "react";
import type { Why } from "@/api/types";
import { formatShare } from "@/lib/format";
import { cn } from "@/lib/utils";

type Part = Exclude<keyof Why, "decay" | "cosine" | "terms">;

const PARTS: { part: Part; name: string; meaning: string }[] = [
  { part: "dense", name: "Meaning", meaning: "how near it is to what was asked" },
  { part: "lexical", name: "Words", meaning: "words that it shares with the query" },
  { part: "neighbour", name: "Neighbours", meaning: "what was said just before and after" },
  { part: "speaker", name: "Speaker", meaning: "the query names who said it" },
  { part: "time", name: "Time", meaning: "the query names its time, or asks for one that it tells" },
  { part: "importance", name: "Importance", meaning: "what it was given, above or below the usual" },
  { part: "form", name: "Form", meaning: "statements gain, bare questions lose" },
];

/** What a search's score is made of. */
export function WhyTable({ why, relevance }: { why: Why; relevance: number }) {
  const widest = Math.max(1, ...PARTS.map(({ part }) => Math.abs(why[part])));
  return (
    <div className="max-w-2xl rounded-md bg-sunken px-4 py-3 text-sm">
      <table className="w-full">
        <caption className="pb-2 text-left text-muted-foreground">
          {sharedWords(why.terms)} Together the parts make {formatShare(relevance)}.
        </caption>
        <thead className="sr-only">
          <tr>
            <th scope="col">Part</th>
            <th scope="col">What it gave</th>
          </tr>
        </thead>
        <tbody>
          {PARTS.map(({ part, name, meaning }) => (
            <Row key={part} name={name} meaning={meaning} dim={why[part] === 0} amount={signed(why[part])}>
              <Bar share={why[part] / widest} />
            </Row>
          ))}
          <Row
            name="Age"
            meaning="what its age leaves of the score"
            dim={why.decay === 1}
            amount={`× ${why.decay.toFixed(2)}`}
          />
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  name: string;
  meaning: string;
  dim: boolean;
  amount: string;
  children?: ReactNode;
}

function Row({ name, meaning, dim, amount, children }: RowProps) {
  return (
    <tr className="align-baseline">
      <th scope="row" className="py-0.5 pr-4 text-left font-normal">
        <span className={cn("inline-block font-medium sm:w-28", dim && "text-muted-foreground")}>{name}</span>{" "}
        <span className="text-muted-foreground max-sm:block">{meaning}</span>
      </th>
      <td className="w-36 py-0.5 max-sm:w-28">
        <span className="flex items-center justify-end gap-3">
          {children}
          <span className={cn("w-12 text-right tabular-nums", dim && "text-muted-foreground")}>{amount}</span>
        </span>
      </td>
    </tr>
  );
}

function Bar({ share }: { share: number }) {
  return (
    <span aria-hidden className="h-1.5 flex-1 overflow-hidden rounded-full bg-border">
      <span
        className={cn("block h-full rounded-full", share < 0 ? "bg-destructive" : "bg-primary")}
        style={{ width: `${Math.abs(share) * 100}%` }}
      />
    </span>
  );
}

function sharedWords(terms: readonly string[]): string {
  return terms.length > 0 ? `Words of the query in it: ${terms.join(", ")}.` : "It has no word of the query.";
}

function signed(amount: number): string {
  const text = Math.abs(amount).toFixed(2);
  return text === "0.00" ? "0" : `${amount > 0 ? "+" : "−"}${text}`;
}
