import { Check, X } from "lucide-react";
import type { Origin } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/utils";
import type { useDecide } from "./queries";

/** The exact arguments of a call, as text. */
export function Arguments({ values, className }: { values: Record<string, unknown>; className?: string }) {
  return (
    <dl
      className={cn(
        "grid gap-x-5 gap-y-1.5 rounded-md bg-sunken px-4 py-3 text-sm sm:grid-cols-[max-content_minmax(0,1fr)]",
        className,
      )}
    >
      {Object.entries(values).map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted-foreground">{name}</dt>
          <dd className="min-w-0 font-mono text-[0.8125rem] break-words whitespace-pre-wrap">
            {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface HasReadProps {
  origins: readonly Origin[];
  echoes: readonly string[];
}

/** Where the texts came from that may have put words into the agent's mouth. */
export function HasRead({ origins, echoes }: HasReadProps) {
  if (origins.length === 0) return null;
  return (
    <details className="mt-3 text-sm" open={echoes.length > 0}>
      <summary className="cursor-pointer text-muted-foreground">
        The agent has read {origins.length === 1 ? "one text" : `${origins.length} texts`} that nobody vouches
        for
      </summary>
      <ul className="mt-2 space-y-1 pl-4">
        {origins.map((origin) => (
          <li key={`${origin.kind} ${origin.place}`} className="break-words">
            {echoes.includes(origin.place) && <Badge variant="warning">its words</Badge>} {origin.title}{" "}
            <span className="font-mono text-[0.8125rem] break-all text-muted-foreground">{origin.place}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

interface DecideButtonsProps {
  id: string;
  decide: ReturnType<typeof useDecide>;
}

export function DecideButtons({ id, decide }: DecideButtonsProps) {
  return (
    <>
      <Button disabled={decide.isPending} onClick={() => decide.mutate({ id, decision: "approve" })}>
        <Check aria-hidden /> Approve
      </Button>
      <Button
        variant="outline"
        disabled={decide.isPending}
        onClick={() => decide.mutate({ id, decision: "deny" })}
      >
        <X aria-hidden /> Deny
      </Button>
    </>
  );
}
