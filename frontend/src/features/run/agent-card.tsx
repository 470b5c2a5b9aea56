import { Brain, Check, CircleX, Dot, LoaderCircle } from "lucide-react";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { formatSeconds } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { cn } from "@/lib/utils";
import type { Activity, AgentTurn, ToolCall } from "./fold-run";

const STATES: Record<AgentTurn["state"], { label: string; variant: BadgeVariant }> = {
  working: { label: "Working", variant: "accent" },
  succeeded: { label: "Done", variant: "success" },
  partial: { label: "Partly", variant: "warning" },
  failed: { label: "Failed", variant: "destructive" },
  cancelled: { label: "Cancelled", variant: "default" },
};

/** One agent's turn: its goal, its steps and tool calls, what came of it. */
export function AgentCard({ turn }: { turn: AgentTurn }) {
  const { label, variant } = STATES[turn.state];
  const working = turn.state === "working";
  return (
    <Card className={cn("flex h-full flex-col p-4", working && "border-primary/50")}>
      <div className="flex items-center gap-2">
        <h4 className="font-semibold capitalize">{turn.agentId.replace("-", " ")}</h4>
        <Badge variant={variant} className="ml-auto">
          {working && <LoaderCircle aria-hidden className="animate-spin" />}
          {label}
        </Badge>
        <Duration turn={turn} />
      </div>
      {turn.goal && <p className="mt-1 text-sm text-muted-foreground">{turn.goal}</p>}
      {turn.activities.length > 0 && (
        <ul className="mt-3 space-y-1.5 border-l pl-3 text-sm">
          {turn.activities.map((activity) => (
            <li key={`${activity.kind}/${activity.id}`}>
              <ActivityLine activity={activity} />
            </li>
          ))}
        </ul>
      )}
      {turn.summary && <p className="mt-auto pt-3 text-sm font-medium">{turn.summary}</p>}
    </Card>
  );
}

function Duration({ turn }: { turn: AgentTurn }) {
  const now = useNow(turn.state === "working");
  const end = turn.finishedAt ? Date.parse(turn.finishedAt) : now;
  const seconds = Math.max(end - Date.parse(turn.startedAt), 0) / 1000;
  return <span className="text-xs text-muted-foreground tabular-nums">{formatSeconds(seconds)}</span>;
}

function ActivityLine({ activity }: { activity: Activity }) {
  switch (activity.kind) {
    case "step":
      return (
        <span className="flex items-start gap-1.5">
          <Dot aria-hidden className="mt-0.5 size-4 shrink-0 text-muted-foreground" />
          {activity.label}
        </span>
      );
    case "memory":
      return (
        <span className="flex items-start gap-1.5">
          <Brain aria-hidden className="mt-0.5 size-4 shrink-0 text-primary" />
          <span>
            <span className="sr-only">Remembered: </span>
            {activity.content}
          </span>
        </span>
      );
    case "tool":
      return <ToolLine call={activity} />;
  }
}

function ToolLine({ call }: { call: ToolCall }) {
  const { outcome } = call;
  const values = Object.values(call.arguments).map((value) =>
    typeof value === "string" ? value : JSON.stringify(value),
  );
  return (
    <details className="group">
      <summary className="flex list-none items-start gap-1.5 rounded-sm [&::-webkit-details-marker]:hidden">
        {outcome === null ? (
          <LoaderCircle aria-hidden className="mt-0.5 size-4 shrink-0 animate-spin text-primary" />
        ) : outcome.ok ? (
          <Check aria-hidden className="mt-0.5 size-4 shrink-0 text-success" />
        ) : (
          <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-destructive" />
        )}
        <span className="min-w-0 flex-1">
          <span className="font-mono text-[0.8125rem] underline decoration-border decoration-dotted underline-offset-4 group-hover:decoration-current">
            {call.tool}
          </span>
          {outcome && (
            <span className={cn("block", outcome.ok ? "text-muted-foreground" : "text-destructive")}>
              {outcome.summary}
            </span>
          )}
        </span>
        {outcome && (
          <span className="text-xs leading-5 text-muted-foreground tabular-nums">
            {formatSeconds(outcome.seconds)}
          </span>
        )}
      </summary>
      <p className="mt-1 ml-5.5 rounded-sm bg-sunken px-2 py-1 text-[0.8125rem] break-words">
        {values.join(" · ")}
      </p>
    </details>
  );
}
