"""Taking runs from their logs, one conductor for each, among all machines."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from rookery.application.sharing.holding import Hold
from rookery.application.sharing.log import OpenLog
from rookery.application.sharing.run_store import SharedRunStore
from rookery.application.sharing.watching import LogWatch
from rookery.domain.errors import Conflict, StorageError
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.run_claims import RunClaimsPort
from rookery.domain.run_log import CallKept, EventKept, Lease, LogRecord, Prepared, RunKept, StepKept

_log = logging.getLogger(__name__)


class LogClaims(RunClaimsPort):
    """Whoever writes the next segment of a run's log has the run, as long as it can go on to write.

    A run is free when its holder has let it go, or has been silent for longer than a lease. Within the block, what the
    run store keeps of the run goes to the log. When the lease cannot be renewed, or another has taken the run, the
    block is cancelled and `hold` raises Conflict.

    Args:
        open_log: opens the log of a run.
        run_store: is given the runs that are held.
        watch: sees who holds what.
        prepared: has this machine be ready, within a block, for a run that has such a log.
        lease: how long a run stays with who cannot be heard.
        clock: tells the time, and names holders.
        glance: seconds between two looks at what people wish.
    """

    def __init__(
        self,
        *,
        open_log: OpenLog,
        run_store: SharedRunStore,
        watch: LogWatch,
        prepared: Callable[[str, Sequence[LogRecord]], AbstractAsyncContextManager[None]],
        lease: Lease,
        clock: ClockPort,
        glance: float,
    ) -> None:
        self._open_log = open_log
        self._run_store = run_store
        self._watch = watch
        self._prepared = prepared
        self._lease = lease
        self._clock = clock
        self._glance = glance
        self._mine: set[str] = set()

    async def held(self, run_id: str) -> bool:
        return run_id not in self._mine and await self._watch.held(run_id)

    @asynccontextmanager
    async def hold(self, run_id: str) -> AsyncIterator[None]:
        if run_id in self._mine or await self._watch.held(run_id):
            raise Conflict(f"run {run_id} is conducted already, here or on another machine")
        self._mine.add(run_id)
        try:
            hold, records = await self._taken(run_id)
            async with self._kept(hold, records):
                yield
        except BaseExceptionGroup as errors:
            error = errors.exceptions[0]
            _log.warning("run %s is no longer conducted here: %s", run_id, error)
            raise error from errors
        finally:
            self._mine.discard(run_id)

    async def _taken(self, run_id: str) -> tuple[Hold, list[LogRecord]]:
        """Take a run at the end of its log, and return what the log has."""
        log = self._open_log(run_id)
        records = [record for segment in await log.read() for record in segment.records]
        if log.state != await self._watch.look(run_id) or await self._watch.held(run_id):
            raise Conflict(f"run {run_id} was just taken on another machine")
        if not any(isinstance(record, Prepared) for record in records):
            raise Conflict(f"run {run_id} is not ready to be conducted on another machine than the one that was asked")
        hold = Hold(log, holder=self._clock.new_id(), lease=self._lease, clock=self._clock)
        await hold.take()
        return hold, records

    @asynccontextmanager
    async def _kept(self, hold: Hold, records: Sequence[LogRecord]) -> AsyncIterator[None]:
        kept = [one for one in records if isinstance(one, EventKept | StepKept | CallKept | RunKept)]
        await self._run_store.take(hold, kept)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(hold.keep())
                listening = group.create_task(self._listen(hold.run_id))
                try:
                    async with self._prepared(hold.run_id, records):
                        yield
                finally:
                    listening.cancel()
                    await hold.let_go()
        finally:
            self._run_store.drop(hold.run_id)

    async def _listen(self, run_id: str) -> None:
        while True:
            try:
                await self._run_store.listen(run_id)
            except StorageError as error:
                if not error.retryable:  # otherwise the lease tells how long the store may be away
                    raise
            await asyncio.sleep(self._glance)
