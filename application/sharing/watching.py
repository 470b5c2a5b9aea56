"""Looking at the logs of runs: what came, and whether the one who holds a run still gives signs of life."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from rookery.application.sharing.log import OpenLog, RunLog
from rookery.domain.errors import StorageError
from rookery.domain.ports.clock import ClockPort
from rookery.domain.run_log import Lease, LogState, Segment

_log = logging.getLogger(__name__)
Apply = Callable[[str, Sequence[Segment]], Awaitable[None]]


@dataclass
class _Watch:
    log: RunLog
    changed_at: float
    looked_at: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class LogWatch:
    """Watches logs, by a clock of this machine alone.

    Args:
        open_log: opens the log of a run.
        lease: of holders.
        clock: tells the time.
        glance: seconds for which what was seen is good enough.
        apply: is given what came, in order, once.
    """

    def __init__(
        self, open_log: OpenLog, *, lease: Lease, clock: ClockPort, glance: float, apply: Apply | None = None
    ) -> None:
        self._open_log = open_log
        self._lease = lease
        self._clock = clock
        self._glance = glance
        self._apply = apply
        self._watches: dict[str, _Watch] = {}
        self._in_touch = True

    async def look(self, run_id: str) -> LogState:
        """Return how a log stands now.

        Raises:
            StorageError: the store cannot be reached (`retryable=True`), or the log is not what it should be.
        """
        return await self._look(self._watch(run_id))

    async def held(self, run_id: str) -> bool:
        """Return whether somebody holds the run and has not been silent for longer than a lease.

        When the store cannot be reached, nobody can tell, and somebody may.
        """
        watch = self._watch(run_id)
        if self._clock.monotonic() - watch.looked_at >= self._glance:
            try:
                await self._look(watch)
            except StorageError as error:
                if not error.retryable:
                    raise
                self._lost_touch(error)
                return True
            self._in_touch = True
        return self._alive(watch)

    def forget(self, run_id: str) -> None:
        """Watch a run no more."""
        self._watches.pop(run_id, None)

    async def _look(self, watch: _Watch) -> LogState:
        async with watch.lock:
            state = watch.log.state
            segments = await watch.log.read()
            if segments and self._apply is not None:
                try:
                    await self._apply(watch.log.run_id, segments)
                except BaseException:
                    watch.log.state = state  # to be read again
                    raise
            now = self._clock.monotonic()
            if segments:
                watch.changed_at = now
            watch.looked_at = now
            return watch.log.state

    def _lost_touch(self, error: StorageError) -> None:
        if self._in_touch:
            _log.warning("nobody can tell which runs are conducted elsewhere, and it is tried again: %s", error)
        self._in_touch = False

    def _alive(self, watch: _Watch) -> bool:
        silent = self._clock.monotonic() - watch.changed_at > self._lease.silence
        return not watch.log.state.released and not silent

    def _watch(self, run_id: str) -> _Watch:
        if run_id not in self._watches:
            self._watches[run_id] = _Watch(self._open_log(run_id), self._clock.monotonic())
        return self._watches[run_id]
