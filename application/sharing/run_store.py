"""The store of runs, where machines share them: what is conducted here goes to the log, the rest lies here."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from rookery.application.sharing.holding import Hold
from rookery.application.sharing.log import OpenLog
from rookery.application.sharing.watching import LogWatch
from rookery.application.sharing.wishes import Wishes
from rookery.domain.calls import ModelCall, StepRecord, StoredCall
from rookery.domain.errors import Conflict
from rookery.domain.events import RunEvent
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.run_store import RunPage, RunStorePort
from rookery.domain.run_log import ApprovalAsked, EventKept, LogRecord, RunKept, StoreRecord
from rookery.domain.runs import ALL_RUNS, Run, RunFilter, StopRequest


class HomeRunStore(RunStorePort, Protocol):
    """A store of this machine."""

    def close(self) -> None:
        """Close its files."""
        ...


Shelf = Callable[[Callable[[StoreRecord], None]], RunStorePort]
"""Makes a store for one run, which tells what it keeps."""


class _Held:
    """A run that is conducted here."""

    def __init__(self, hold: Hold, store: RunStorePort, wishes: Wishes) -> None:
        self.hold = hold
        self.store = store
        self.wishes = wishes
        self.heard = False
        """Whether the run was told of what a person wishes."""


class SharedRunStore(RunStorePort):
    """What a call wrote about a run that is conducted here is in the log when it returns, and durable with that.

    A run that is conducted nowhere can be ended from any machine: that is written to its log in one segment, unless
    somebody has taken the run. Of what is conducted elsewhere, the home has what `watch` brought.

    Args:
        home: the store of this machine.
        shelf: makes a store for what is conducted here.
        open_log: opens the log of a run.
        wishes: opens what people wish about a run.
        watch: brings what others write into the home.
        clock: stamps events, and names this machine.
    """

    def __init__(
        self,
        home: HomeRunStore,
        *,
        shelf: Shelf,
        open_log: OpenLog,
        wishes: Callable[[str], Wishes],
        watch: LogWatch,
        clock: ClockPort,
    ) -> None:
        self._home = home
        self._shelf = shelf
        self._open_log = open_log
        self._wishes = wishes
        self._watch = watch
        self._clock = clock
        self._held: dict[str, _Held] = {}

    async def take(self, hold: Hold, records: Sequence[StoreRecord]) -> None:
        """Have a run conducted here from now on, from where its log ends."""
        store = self._shelf(hold.add)
        await store.receive(hold.run_id, records)
        self._held[hold.run_id] = _Held(hold, store, self._wishes(hold.run_id))

    def drop(self, run_id: str) -> None:
        """Conduct a run here no more."""
        del self._held[run_id]

    async def listen(self, run_id: str) -> None:
        """Hear what people wish about a run that is conducted here. Raises StorageError."""
        held = self._held[run_id]
        wish = await held.wishes.read()
        if wish is not await held.store.stop_asked(run_id):
            await held.store.ask_to_stop(run_id, wish)

    async def ask_approval(self, asked: ApprovalAsked) -> None:
        """Have other machines know of a side effect that waits; of a run that is conducted here."""
        held = self._held.get(asked.approval.run_id)
        if held is not None:
            held.hold.add(asked)
            await held.hold.settle()

    def close(self) -> None:
        """Close the home's files."""
        self._home.close()

    async def create(self, run: Run, *, idempotency_key: str | None = None) -> Run:
        return await self._home.create(run, idempotency_key=idempotency_key)

    async def get(self, run_id: str) -> Run:
        return await self._of(run_id).get(run_id)

    async def save(self, run: Run, event: RunEvent) -> None:
        if held := self._held.get(run.id):
            await held.store.save(run, event)
            await held.hold.settle()
        elif (await self._watch.look(run.id)).number:
            await self._end_elsewhere(run, event)
        else:
            await self._home.save(run, event)

    async def page(self, *, limit: int, cursor: str | None = None, where: RunFilter = ALL_RUNS) -> RunPage:
        return await self._home.page(limit=limit, cursor=cursor, where=where)

    async def append(self, run_id: str, event: RunEvent, *, key: str | None = None) -> RunEvent:
        stored = await self._of(run_id).append(run_id, event, key=key)
        await self._settle(run_id)
        return stored

    def post(self, run_id: str, event: RunEvent, *, key: str | None = None) -> None:
        self._of(run_id).post(run_id, event, key=key)

    async def events(self, run_id: str, *, after: int = 0) -> list[RunEvent]:
        return await self._of(run_id).events(run_id, after=after)

    async def follow(self, run_id: str, *, after: int = 0) -> AsyncIterator[RunEvent]:
        async for event in self._of(run_id).follow(run_id, after=after):
            yield event

    async def save_step(self, run_id: str, step: str, input_hash: str, output: str) -> None:
        await self._of(run_id).save_step(run_id, step, input_hash, output)
        await self._settle(run_id)

    def post_step(self, run_id: str, step: str, input_hash: str, output: str) -> None:
        self._of(run_id).post_step(run_id, step, input_hash, output)

    async def settle(self) -> None:
        await self._home.settle()
        for held in list(self._held.values()):
            await held.hold.settle()

    async def steps(self, run_id: str) -> list[StepRecord]:
        return await self._of(run_id).steps(run_id)

    def post_call(self, run_id: str, call: ModelCall) -> None:
        self._of(run_id).post_call(run_id, call)

    async def calls(self, run_id: str) -> list[StoredCall]:
        return await self._of(run_id).calls(run_id)

    async def receive(self, run_id: str, records: Sequence[StoreRecord]) -> None:
        await self._home.receive(run_id, records)

    async def ask_to_stop(self, run_id: str, stop: StopRequest | None) -> None:
        """Of a run that is conducted here, only a wish that it was told of is taken back: it has obeyed.

        One that it was not told of was meant for whoever had it before, and is meant for this machine now.
        """
        held = self._held.get(run_id)
        if held is None:
            await self._wish(run_id, stop)
        elif stop is not None or held.heard:
            await held.wishes.write(stop)
            await held.store.ask_to_stop(run_id, stop)
            held.heard = False

    async def stop_asked(self, run_id: str) -> StopRequest | None:
        wish = await self._of(run_id).stop_asked(run_id)
        self._was_told(run_id, wish)
        return wish

    async def wait_for_cancel(self, run_id: str) -> None:
        await self._of(run_id).wait_for_cancel(run_id)
        self._was_told(run_id, StopRequest.CANCEL)

    def _was_told(self, run_id: str, wish: StopRequest | None) -> None:
        held = self._held.get(run_id)
        if held is not None and wish is not None:
            held.heard = True

    def _of(self, run_id: str) -> RunStorePort:
        held = self._held.get(run_id)
        return self._home if held is None else held.store

    async def _settle(self, run_id: str) -> None:
        held = self._held.get(run_id)
        if held is not None:
            await held.hold.settle()

    async def _wish(self, run_id: str, stop: StopRequest | None) -> None:
        if (await self._watch.look(run_id)).number:
            await self._wishes(run_id).write(stop)
        await self._home.ask_to_stop(run_id, stop)

    async def _end_elsewhere(self, run: Run, event: RunEvent) -> None:
        """Write to the log of a run that nobody holds, and to the home what came of it."""
        while True:
            state = await self._watch.look(run.id)  # the home has come as far as this
            if await self._watch.held(run.id) or (await self._home.get(run.id)).status.finished:
                raise Conflict(f"run {run.id} was taken up or ended meanwhile; look at it again")
            log = self._open_log(run.id)
            log.state = state
            seq = len(await self._home.events(run.id)) + 1
            stamped = event.model_copy(update={"run_id": run.id, "seq": seq, "at": self._clock.now()})
            records: list[LogRecord] = [EventKept(event=stamped), RunKept(run=run, seq=seq)]
            if await log.append(log.next(records, holder=self._clock.new_id(), released=True)):
                await self._watch.look(run.id)
                return
