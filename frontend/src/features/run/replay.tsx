import { ChevronLeft, ChevronRight, Pause, Play } from "lucide-react";
import { useEffect, useId, useMemo, useState } from "react";
import type { RunEvent } from "@/api/types";
import { Button } from "@/components/ui/button";
import { formatSeconds } from "@/lib/format";
import { AgentTree } from "./agent-tree";
import { foldRun } from "./fold-run";
import { LiveClaims } from "./live-claims";
import { momentsOf, tellOf } from "./moments";

const BEAT_MS = 350;

/** The run once more, event by event: everything on the page is a fold over the events up to one of them. */
export default function Replay({ events }: { events: readonly RunEvent[] }) {
  const id = useId();
  const moments = useMemo(() => momentsOf(events), [events]);
  const [at, setAt] = useState(0);
  const [playing, setPlaying] = useState(false);
  const last = Math.max(moments.length - 1, 0);
  const shown = Math.min(at, last);
  useBeat(playing && shown < last, () => setAt(shown + 1));
  const upTo = moments[shown];
  const view = useMemo(() => foldRun(events.slice(0, (upTo ?? -1) + 1)), [events, upTo]);
  const event = upTo === undefined ? undefined : events[upTo];
  if (!event) {
    return <p className="text-muted-foreground">Nothing has happened yet.</p>;
  }
  const since = (Date.parse(event.at) - Date.parse(events[0]?.at ?? event.at)) / 1000;
  const move = (to: number) => {
    setPlaying(false);
    setAt(Math.min(Math.max(to, 0), last));
  };
  return (
    <section aria-label="Replay" className="space-y-6">
      <div className="rounded-lg border bg-card p-4">
        <div className="flex items-center gap-2">
          <Button
            size="icon"
            aria-label={playing && shown < last ? "Stop" : "Play"}
            onClick={() => {
              setAt(shown === last ? 0 : shown);
              setPlaying(!(playing && shown < last));
            }}
          >
            {playing && shown < last ? <Pause aria-hidden /> : <Play aria-hidden />}
          </Button>
          <Button
            variant="outline"
            size="icon"
            aria-label="One back"
            disabled={shown === 0}
            onClick={() => move(shown - 1)}
          >
            <ChevronLeft aria-hidden />
          </Button>
          <Button
            variant="outline"
            size="icon"
            aria-label="One on"
            disabled={shown === last}
            onClick={() => move(shown + 1)}
          >
            <ChevronRight aria-hidden />
          </Button>
          <label htmlFor={id} className="sr-only">
            Moment
          </label>
          <input
            id={id}
            type="range"
            min={0}
            max={last}
            value={shown}
            aria-valuetext={`${shown + 1} of ${last + 1}: ${tellOf(event)}`}
            onChange={(change) => move(change.target.valueAsNumber)}
            className="h-9 min-w-0 flex-1 accent-primary"
          />
          <span className="text-sm text-muted-foreground tabular-nums">
            {shown + 1}/{last + 1}
          </span>
        </div>
        <p className="mt-2 text-sm break-words">
          <span className="text-muted-foreground tabular-nums">{formatSeconds(Math.max(since, 0))}</span>{" "}
          {tellOf(event)}
        </p>
      </div>
      <LiveClaims view={view} live />
      <AgentTree view={view} />
    </section>
  );
}

function useBeat(going: boolean, onBeat: () => void) {
  useEffect(() => {
    if (going) {
      const timer = setTimeout(onBeat, BEAT_MS);
      return () => clearTimeout(timer);
    }
  });
}
