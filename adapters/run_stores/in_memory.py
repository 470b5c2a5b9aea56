"""Runs for as long as the process lives."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence

from rookery.adapters.support.pulse import Pulse
from rookery.domain.calls import ModelCall, StepRecord, StoredCall
from rookery.domain.errors import Conflict, InvalidRequest, NotFound
from rookery.domain.events import RunEvent, ends_run
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.run_store import RunPage, RunStorePort
from rookery.domain.run_log import CallKept, EventKept, RunKept, StepKept, StoreRecord
from rookery.domain.runs import ALL_RUNS, Run, RunFilter, StopRequest


class InMemoryRunStore(RunStorePort):
    """Dictionaries of runs, events and step outputs.

    Args:
        clock: stamps events.
        kept: is told each thing that is stored of a run, in order; not what is received.
    """

    def __init__(self, *, clock: ClockPort, kept: Callable[[StoreRecord], None] = lambda _: None) -> None:
        self._clock = clock
        self._kept = kept
        self._runs: dict[str, Run] = {}
        self._keys: dict[str, str] = {}
        self._events: defaultdict[str, list[RunEvent]] = defaultdict(list)
        self._calls: defaultdict[str, list[StoredCall]] = defaultdict(list)
        self._told: dict[tuple[str, str], int] = {}
        self._steps: dict[tuple[str, str, str], str] = {}
        self._stops: dict[str, StopRequest | None] = {}
        self._changed = Pulse()

    async def create(self, run: Run, *, idempotency_key: str | None = None) -> Run:
        if idempotency_key is not None and idempotency_key in self._keys:
            earlier = self._runs[self._keys[idempotency_key]]
            if earlier.request() != run.request():
                raise Conflict("this Idempotency-Key was used for another request; use a new one")
            return earlier
        self._runs[run.id] = run
        if idempotency_key is not None:
            self._keys[idempotency_key] = run.id
        return run

    async def get(self, run_id: str) -> Run:
        if run_id not in self._runs:
            raise NotFound(f"there is no run {run_id}")
        return self._runs[run_id]

    async def save(self, run: Run, event: RunEvent) -> None:
        self._runs[run.id] = run
        stored = self._append(run.id, event, None)
        self._kept(RunKept(run=run, seq=stored.seq))

    async def page(self, *, limit: int, cursor: str | None = None, where: RunFilter = ALL_RUNS) -> RunPage:
        newest_first = sorted(self._runs.values(), key=lambda run: run.id, reverse=True)
        if cursor is not None and cursor not in self._runs:
            raise InvalidRequest("this cursor is none of ours; use the `next_cursor` of a page")
        rest = [run for run in newest_first if (cursor is None or run.id < cursor) and where.admits(run)]
        return RunPage(rest[:limit], rest[limit - 1].id if len(rest) > limit else None)

    async def append(self, run_id: str, event: RunEvent, *, key: str | None = None) -> RunEvent:
        return self._append(run_id, event, key)

    def post(self, run_id: str, event: RunEvent, *, key: str | None = None) -> None:
        self._append(run_id, event, key)

    async def events(self, run_id: str, *, after: int = 0) -> list[RunEvent]:
        return self._events[run_id][after:]

    async def follow(self, run_id: str, *, after: int = 0) -> AsyncIterator[RunEvent]:
        stored = self._events[run_id]
        while True:
            changed = self._changed.next()
            for event in stored[after:]:
                after = event.seq
                yield event
                if ends_run(event):
                    return
            if stored and stored[-1].seq <= after and ends_run(stored[-1]):
                return
            await changed.wait()

    async def save_step(self, run_id: str, step: str, input_hash: str, output: str) -> None:
        self.post_step(run_id, step, input_hash, output)

    def post_step(self, run_id: str, step: str, input_hash: str, output: str) -> None:
        if (run_id, step, input_hash) not in self._steps:
            self._steps[run_id, step, input_hash] = output
            self._kept(StepKept(step=StepRecord(step=step, input_hash=input_hash, output=output)))

    async def settle(self) -> None:
        """Nothing waits to be stored."""

    async def steps(self, run_id: str) -> list[StepRecord]:
        mine = [(step, given, output) for (run, step, given), output in self._steps.items() if run == run_id]
        return [StepRecord(step=step, input_hash=given, output=output) for step, given, output in sorted(mine)]

    def post_call(self, run_id: str, call: ModelCall) -> None:
        calls = self._calls[run_id]
        calls.append(StoredCall(number=len(calls) + 1, at=self._clock.now(), call=call))
        self._kept(CallKept(call=calls[-1]))

    async def calls(self, run_id: str) -> list[StoredCall]:
        return list(self._calls[run_id])

    async def receive(self, run_id: str, records: Sequence[StoreRecord]) -> None:
        last = len(self._events[run_id])
        for record in records:
            match record:
                case EventKept():
                    self._receive_event(run_id, record)
                case StepKept(step=kept):
                    self._steps.setdefault((run_id, kept.step, kept.input_hash), kept.output)
                case CallKept(call=call) if call.number == len(self._calls[run_id]) + 1:
                    self._calls[run_id].append(call)
                case RunKept(run=run, seq=seq) if seq >= last or run_id not in self._runs:
                    self._runs[run_id] = run
                case _:
                    pass  # it is here already
        self._changed.beat()

    async def ask_to_stop(self, run_id: str, stop: StopRequest | None) -> None:
        self._stops[run_id] = stop
        self._changed.beat()

    async def stop_asked(self, run_id: str) -> StopRequest | None:
        return self._stops.get(run_id)

    async def wait_for_cancel(self, run_id: str) -> None:
        while self._stops.get(run_id) is not StopRequest.CANCEL:
            await self._changed.next().wait()

    def _append(self, run_id: str, event: RunEvent, key: str | None) -> RunEvent:
        stored = self._events[run_id]
        if key is not None:
            told = self._told.setdefault((run_id, key), len(stored))
            if told < len(stored):
                return stored[told]
        stamp = {"run_id": run_id, "seq": len(stored) + 1, "at": self._clock.now()}
        stored.append(event.model_copy(update=stamp))
        self._kept(EventKept(event=stored[-1], key=key))
        self._changed.beat()
        return stored[-1]

    def _receive_event(self, run_id: str, kept: EventKept) -> None:
        stored = self._events[run_id]
        if kept.event.seq == len(stored) + 1:
            if kept.key is not None:
                self._told[run_id, kept.key] = len(stored)
            stored.append(kept.event)
