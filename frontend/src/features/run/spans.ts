import type { AgentTurn, RunView } from "./fold-run";

/** A turn's place on a line from 0 to `WIDTH`. */
export interface Span {
  turn: AgentTurn;
  left: number;
  width: number;
  /** when it began, in seconds since the run did */
  begins: number;
  seconds: number;
}

export const WIDTH = 1000;
const THINNEST = 4;

/** Return each turn's place in time; a turn that goes on ends at `now`. Times in ms since 1970. */
export function spansOf(view: RunView, now: number): { spans: Span[]; seconds: number } {
  const begin = Math.min(...view.turns.map((turn) => Date.parse(turn.startedAt)));
  const ends = view.turns.map((turn) => endOf(turn, now));
  const whole = Math.max(...ends) - begin || 1;
  const spans = view.turns.map((turn, index) => {
    const from = Date.parse(turn.startedAt) - begin;
    const lasts = Math.max((ends[index] ?? now) - begin - from, 0);
    const width = Math.max((lasts / whole) * WIDTH, THINNEST);
    const left = Math.min((from / whole) * WIDTH, WIDTH - width);
    return { turn, left, width, begins: from / 1000, seconds: lasts / 1000 };
  });
  return { spans, seconds: view.turns.length > 0 ? whole / 1000 : 0 };
}

function endOf(turn: AgentTurn, now: number): number {
  return Math.max(turn.finishedAt ? Date.parse(turn.finishedAt) : now, Date.parse(turn.startedAt));
}
