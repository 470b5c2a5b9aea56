import { Brain, Check, CircleX, Dot, LoaderCircle } from "lucide-react";
import { useState } from "react";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Arguments } from "@/features/approvals/parts";
import { formatSeconds } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { cn } from "@/lib/utils";
import type { Activity, AgentTurn, ToolCall } from "./fold-run";

const STATES: Record<AgentTurn["state"], { label: string; variant: BadgeVariant }> = {
  working: { label: "Working", variant: "accent" },
  parked: { label: "Parked", variant: "warning" },
  stopped: { label: "Stopped", variant: "default" },
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
      {turn.activities.length > 0 && <Activities activities={turn.activities} working={working} />}
      {turn.summary && (
        <p className="mt-auto pt-3 text-sm font-medium">
          {turn.summary}
          {turn.tokens !== null && (
            <span className="font-normal text-muted-foreground">
              {" "}
              · {turn.tokens.toLocaleString("en")} tokens
            </span>
          )}
        </p>
      )}
    </Card>
  );
}

const SHOWN = 6;

/** The latest activities; the earlier ones on request. */
function Activities({ activities, working }: { activities: Activity[]; working: boolean }) {
  const [all, setAll] = useState(false);
  const hidden = all ? 0 : Math.max(activities.length - SHOWN, 0);
  return (
    <div className="mt-3 border-l pl-3 text-sm">
      {activities.length > SHOWN && (
        <button
          type="button"
          onClick={() => setAll(!all)}
          className="mb-1.5 rounded-sm text-primary underline-offset-4 hover:underline"
        >
          {all ? "Show the latest only" : `Show ${hidden} earlier`}
        </button>
      )}
      <ul className="space-y-1.5">
        {activities.slice(hidden).map((activity) => (
          <li key={`${activity.kind}/${activity.id}`}>
            <ActivityLine activity={activity} working={working} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Duration({ turn }: { turn: AgentTurn }) {
  const now = useNow(turn.state === "working");
  const end = turn.finishedAt ? Date.parse(turn.finishedAt) : now;
  const seconds = Math.max(end - Date.parse(turn.startedAt), 0) / 1000;
  return <span className="text-xs text-muted-foreground tabular-nums">{formatSeconds(seconds)}</span>;
}

function ActivityLine({ activity, working }: { activity: Activity; working: boolean }) {
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
      return <ToolLine call={activity} working={working} />;
  }
}

function ToolLine({ call, working }: { call: ToolCall; working: boolean }) {
  const { outcome } = call;
  return (
    <details className="group">
      <summary className="flex list-none items-start gap-1.5 rounded-sm [&::-webkit-details-marker]:hidden">
        {outcome === null ? (
          <LoaderCircle
            aria-hidden
            className={cn(
              "mt-0.5 size-4 shrink-0",
              working ? "animate-spin text-primary" : "text-muted-foreground",
            )}
          />
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
      <Arguments values={call.arguments} className="mt-1 ml-5.5 px-2 py-1 sm:grid-cols-1" />
    </details>
  );
}
