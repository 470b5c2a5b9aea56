import { formatSeconds, plural } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { cn } from "@/lib/utils";
import type { AgentTurn, RunView } from "./fold-run";
import { nameOf } from "./names";
import { type Span, spansOf, WIDTH } from "./spans";

const COLOURS: Record<AgentTurn["state"], string> = {
  working: "text-primary",
  parked: "text-warning",
  stopped: "text-input",
  succeeded: "text-success",
  partial: "text-warning",
  failed: "text-destructive",
  cancelled: "text-input",
};

/** When each agent worked, and for how long. */
export default function Timeline({ view }: { view: RunView }) {
  const now = useNow(view.turns.some((turn) => turn.state === "working"));
  const { spans, seconds } = spansOf(view, now);
  if (spans.length === 0) {
    return <p className="text-muted-foreground">The agents have not set out yet.</p>;
  }
  return (
    <section aria-label="Timeline">
      <ol className="divide-y border-y">
        {spans.map((span) => (
          <Row key={span.turn.key} span={span} />
        ))}
      </ol>
      <p
        aria-hidden
        className="mt-1 flex justify-between text-xs text-muted-foreground tabular-nums sm:pl-44"
      >
        <span>0</span>
        <span>{formatSeconds(seconds / 2)}</span>
        <span>{formatSeconds(seconds)}</span>
      </p>
    </section>
  );
}

function Row({ span }: { span: Span }) {
  const { turn, left, width } = span;
  const tools = turn.activities.filter((activity) => activity.kind === "tool").length;
  return (
    <li className="grid items-center gap-x-4 gap-y-1 py-2 sm:grid-cols-[10rem_minmax(0,1fr)]">
      <span className="min-w-0">
        <span className="block truncate text-sm font-medium capitalize">{nameOf(turn.agentId)}</span>
        <span className="block text-xs text-muted-foreground tabular-nums">
          {formatSeconds(span.seconds)} from {formatSeconds(span.begins)}
          {tools > 0 && `, ${plural(tools, "call")}`}
        </span>
      </span>
      <svg
        viewBox={`0 0 ${WIDTH} 16`}
        preserveAspectRatio="none"
        aria-hidden="true"
        className={cn("h-4 w-full rounded-sm bg-sunken", COLOURS[turn.state])}
      >
        <rect x={left} width={width} y="2" height="12" rx="2" fill="currentColor" />
      </svg>
    </li>
  );
}
