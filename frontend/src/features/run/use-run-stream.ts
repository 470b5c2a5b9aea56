import { useEffect, useReducer, useRef, useState } from "react";
import { authorizedFetch } from "@/api/client";
import type { RunEvent } from "@/api/types";
import { foldRun, type RunView, UNSTARTED } from "./fold-run";
import { type Connection, followRun } from "./follow-run";

export interface RunStream {
  view: RunView;
  /** all that happened so far, in order, each once */
  events: readonly RunEvent[];
  connection: Connection;
}

/**
 * The live view of a run. Events that arrive within one frame are folded together, so that a fast stream of words
 * does not draw the page once per word. A new `attempt` connects again after the last event.
 */
export function useRunStream(runId: string, attempt = 0): RunStream {
  const [{ view, events }, add] = useReducer(take, NOTHING);
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });
  const after = useRef(0);
  after.current = view.lastSeq;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt connects again
  useEffect(() => {
    const closing = new AbortController();
    let arrived: RunEvent[] = [];
    let frame = 0;
    const flush = () => {
      frame = 0;
      add(arrived);
      arrived = [];
    };
    void followRun({
      url: new URL(`/v1/runs/${encodeURIComponent(runId)}/events`, location.origin).href,
      fetch: authorizedFetch,
      signal: closing.signal,
      after: after.current,
      onEvent: (event) => {
        arrived.push(event);
        frame ||= setTimeout(flush, 16) as unknown as number;
      },
      onConnection: setConnection,
    });
    return () => {
      closing.abort();
      clearTimeout(frame);
      if (arrived.length > 0) {
        flush();
      }
    };
  }, [runId, attempt]);

  return { view, events, connection };
}

type Known = Pick<RunStream, "view" | "events">;
const NOTHING: Known = { view: UNSTARTED, events: [] };

function take({ view, events }: Known, arrived: RunEvent[]): Known {
  const fresh = arrived.filter((event) => event.seq > view.lastSeq);
  return { view: foldRun(fresh, view), events: [...events, ...fresh] };
}
