"""A run in this process's hands: what is kept of it goes to its log, and the lease is renewed, until it is let go."""

import asyncio
import contextlib

from rookery.application.sharing.log import RunLog
from rookery.domain.errors import Conflict, StorageError
from rookery.domain.ports.clock import ClockPort
from rookery.domain.run_log import Lease, LogRecord, Segment

_BATCH_SECONDS = 0.5  # that records wait for others when nobody waits for them
_PAUSE_SECONDS = 0.3  # before the store is tried again


class Hold:
    """Keeps a run as long as its lease can be renewed.

    The lease counts from the beginning of the last write that came through, by a clock that never jumps; so it is over
    here before it is for those who watch the log.

    Args:
        log: of the run, read to its end.
        holder: a name that nobody else has.
        lease: how long the run stays here without a write.
        clock: tells the time.
    """

    def __init__(self, log: RunLog, *, holder: str, lease: Lease, clock: ClockPort) -> None:
        self._log = log
        self._holder = holder
        self._lease = lease
        self._clock = clock
        self._renewed = clock.monotonic()
        self._waiting: list[LogRecord] = []
        self._added = 0
        self._written = 0
        self._leaving = False
        self._some = asyncio.Event()
        self._hurry = asyncio.Event()
        self._progress = asyncio.Event()
        self._over: Exception | None = None

    @property
    def run_id(self) -> str:
        """The run."""
        return self._log.run_id

    async def take(self) -> None:
        """Write that the run is here now.

        Raises:
            Conflict: somebody else was quicker.
            StorageError: the store cannot be reached.
        """
        await self._write(self._log.next([], holder=self._holder))

    def add(self, record: LogRecord) -> None:
        """Have a record written soon, after those that were added before."""
        self._waiting.append(record)
        self._added += 1
        self._some.set()

    async def settle(self) -> None:
        """Return once all that was added is in the store.

        Raises:
            Conflict: the run is no longer here.
            StorageError: the store refuses.
        """
        goal = self._added
        while self._written < goal:
            if self._over is not None:
                raise self._over
            await self._next_progress()

    async def keep(self) -> None:
        """Write and renew until the run is let go.

        Raises:
            Conflict: the lease could not be renewed in time, or another has taken the run.
            StorageError: the store refuses.
        """
        try:
            while not self._log.state.released:
                await self._until_due()
                await self._flush()
            self._over = Conflict(f"run {self.run_id} was let go")
        except (Conflict, StorageError) as error:
            self._over = error
            raise
        finally:
            self._progress.set()

    async def let_go(self) -> None:
        """Write what is left, and that the run is free. Returns at once when it is lost already; `keep` says why."""
        self._leaving = True
        while self._over is None:
            await self._next_progress()

    async def _next_progress(self) -> None:
        self._progress.clear()
        self._hurry.set()
        self._some.set()
        await self._progress.wait()

    async def _until_due(self) -> None:
        await _wait(self._some, self._renewed + self._lease.renewal - self._clock.monotonic())
        if self._waiting:
            await _wait(self._hurry, _BATCH_SECONDS)

    async def _flush(self) -> None:
        records, self._waiting = self._waiting, []
        self._some.clear()
        self._hurry.clear()
        await self._write(self._log.next(records, holder=self._holder, released=self._leaving))
        self._written += len(records)
        self._progress.set()

    async def _write(self, segment: Segment) -> None:
        """Try until it is written; always the same segment, as an earlier try may have come through unseen."""
        while True:
            began = self._clock.monotonic()
            try:
                written = await self._try(segment)
            except StorageError as error:
                if not error.retryable or self._left() <= 0:
                    raise
                await asyncio.sleep(min(_PAUSE_SECONDS, self._left()))
                continue
            if not written:
                raise Conflict(f"run {self.run_id} is in the hands of another; what was not written yet is done there")
            self._renewed = began
            return

    async def _try(self, segment: Segment) -> bool:
        """One that hangs is not waited for beyond the lease: should it still come through, its number is taken."""
        attempt = asyncio.create_task(self._log.append(segment))
        try:
            await asyncio.wait([attempt], timeout=max(0.0, self._left()))
            if not attempt.done():
                raise Conflict(
                    f"run {self.run_id} is given up: the store could not be reached for {self._lease.seconds:g} s, and "
                    "another may take it now"
                )
            return attempt.result()
        finally:
            attempt.cancel()

    def _left(self) -> float:
        return self._renewed + self._lease.seconds - self._clock.monotonic()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
