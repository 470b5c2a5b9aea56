import { lazy, Suspense } from "react";
import { useSearchParams } from "react-router";
import type { RunEvent } from "@/api/types";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { AgentTree } from "./agent-tree";
import type { RunView } from "./fold-run";

const Timeline = lazy(() => import("./timeline"));
const Delegation = lazy(() => import("./delegation"));
const Replay = lazy(() => import("./replay"));

const VIEWS = [
  { value: "agents", label: "Agents" },
  { value: "timeline", label: "Timeline" },
  { value: "graph", label: "Graph" },
  { value: "replay", label: "Replay" },
] as const;
type View = (typeof VIEWS)[number]["value"];

interface WorkViewsProps {
  view: RunView;
  events: readonly RunEvent[];
}

/** The same work as cards, in time, as a graph of who asked whom, and step by step. The address keeps the choice. */
export function WorkViews({ view, events }: WorkViewsProps) {
  const [params, setParams] = useSearchParams();
  const chosen = VIEWS.find(({ value }) => value === params.get("view"))?.value ?? "agents";
  const choose = (next: View) =>
    setParams(next === "agents" ? {} : { view: next }, { replace: true, preventScrollReset: true });
  return (
    <div>
      <Segmented label="View of the work" value={chosen} options={VIEWS} onChange={choose} className="mb-5" />
      <Suspense fallback={<Skeleton className="h-40" />}>
        {chosen === "agents" && <AgentTree view={view} />}
        {chosen === "timeline" && <Timeline view={view} />}
        {chosen === "graph" && <Delegation view={view} />}
        {chosen === "replay" && <Replay events={events} />}
      </Suspense>
    </div>
  );
}
