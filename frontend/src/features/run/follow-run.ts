import { EventSourceParserStream } from "eventsource-parser/stream";
import { ProblemError, problemOf, UnreachableError } from "@/api/problem";
import type { RunEvent } from "@/api/types";

export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  | { state: "waiting"; seconds: number }
  | { state: "ended" }
  | { state: "lost"; error: Error };

interface Following {
  url: string;
  fetch: (request: Request) => Promise<Response>;
  onEvent: (event: RunEvent) => void;
  onConnection: (connection: Connection) => void;
  signal: AbortSignal;
  /** The last event that is known already; 0 for none. */
  after?: number;
  pause?: (seconds: number, signal: AbortSignal) => Promise<void>;
}

const LAST = new Set<RunEvent["type"]>(["run_finished", "run_failed", "run_cancelled"]);
const PASSING = new Set([408, 425, 429]);
const LONGEST_PAUSE = 15;

/**
 * Follow a run's events to the last one. A dropped connection is taken up again after the last event that arrived,
 * first at once, then with growing pauses, so that no event is lost and none is told twice.
 */
export async function followRun(following: Following): Promise<void> {
  const { onConnection, signal, pause = wait } = following;
  const position = { seq: following.after ?? 0, over: false };
  let failures = 0;
  while (!signal.aborted) {
    const before = position.seq;
    onConnection({ state: "connecting" });
    try {
      await readOnce(following, position);
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (isFinal(error)) {
        onConnection({ state: "lost", error });
        return;
      }
    }
    if (position.over) {
      onConnection({ state: "ended" });
      return;
    }
    failures = position.seq > before ? 0 : failures + 1;
    const seconds = pauseAfter(failures);
    onConnection({ state: "waiting", seconds });
    await pause(seconds, signal);
  }
}

/** How long to wait before the next attempt when `failures` attempts in a row brought nothing. */
export function pauseAfter(failures: number): number {
  return failures === 0 ? 0.25 : Math.min(2 ** (failures - 1), LONGEST_PAUSE);
}

/** Whether trying again is pointless: the server refused, and not for the moment only. */
function isFinal(error: unknown): error is ProblemError {
  return (
    error instanceof ProblemError &&
    (error.status < 500 || error.status === 501) &&
    !PASSING.has(error.status)
  );
}

async function readOnce(following: Following, position: { seq: number; over: boolean }): Promise<void> {
  const { url, signal, onEvent, onConnection } = following;
  const headers = new Headers({ Accept: "text/event-stream" });
  if (position.seq > 0) {
    headers.set("Last-Event-ID", String(position.seq));
  }
  const response = await following.fetch(new Request(url, { headers, signal, cache: "no-store" }));
  if (!response.ok) {
    throw problemOf(response, await response.json().catch(() => null));
  }
  if (!response.body) {
    throw new UnreachableError("the answer has no body");
  }
  onConnection({ state: "live" });
  const messages = response.body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, BufferSource>)
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  for (let next = await messages.read(); !next.done; next = await messages.read()) {
    const { data, event: type } = next.value;
    if (type === undefined || type === "ping" || !data) {
      continue;
    }
    const event = JSON.parse(data) as RunEvent;
    if (event.seq > position.seq) {
      position.seq = event.seq;
      position.over = LAST.has(event.type);
      onEvent(event);
    }
  }
}

function wait(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
