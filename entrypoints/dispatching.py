"""Handing runs to workers on other machines while a server runs, and following them."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from rookery.domain.errors import AdapterError, Conflict, RookeryError
from rookery.domain.runs import Run, RunFilter, RunStatus
from rookery.domain.sync import SyncReport
from rookery.entrypoints.beside import beside
from rookery.entrypoints.container import Container
from rookery.entrypoints.syncing import watching
from rookery.entrypoints.work_pools import Spreading, handing_over

_OPEN = RunFilter(statuses=[status for status in RunStatus if not status.finished])
_PAGE = 100
_LONGEST_PAUSE = 30.0  # seconds before something is tried again
_log = logging.getLogger(__name__)


class Dispatch:
    """Brings runs to workers on other machines. What cannot be reached is tried again, as long as the server runs."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def take(self, run: Run, workers: Spreading) -> None:
        """Put a run into the store that machines share; its documents follow, and then a worker is told.

        Raises:
            StorageError: the store cannot be reached.
        """
        await self._container.machines().hand_over.publish(run)
        await self._end("hand over", run.id)  # it may have told the workers before the run was paused
        self._begin("hand over", run.id, lambda: self._hand_over(run, workers))
        self._begin("follow", run.id, lambda: self._container.machines().follow(run.id))

    async def recover(self) -> None:
        """Go on with what an earlier server had handed over, or was about to."""
        cursor: str | None = None
        while True:
            page = await self._container.run_store().page(limit=_PAGE, cursor=cursor, where=_OPEN)
            for run in page.items:
                await self._take_again(run)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def close(self) -> None:
        """Stop all of it; the runs go on elsewhere."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def start_recovery(self) -> None:
        """Recover as soon as the store can be reached."""
        self._begin("recover", "", self.recover)

    async def _take_again(self, run: Run) -> None:
        if not await self._container.machines().hand_over.is_published(run.id):
            return
        workers = handing_over(self._container.orchestrator())
        if run.status is RunStatus.QUEUED and workers is not None:
            self._begin("hand over", run.id, lambda: self._hand_over(run, workers))
        self._begin("follow", run.id, lambda: self._container.machines().follow(run.id))

    async def _hand_over(self, run: Run, workers: Spreading) -> None:
        try:
            await self._container.machines().hand_over.prepare(run)
            await workers.hand_in(await self._container.run_store().get(run.id))
        except RookeryError as error:
            if isinstance(error, AdapterError) and error.retryable:
                raise
            with contextlib.suppress(Conflict):  # it has ended meanwhile
                await self._container.machines().hand_over.give_up(run.id, error)

    def _begin(self, what: str, run_id: str, work: Callable[[], Awaitable[None]]) -> None:
        if (what, run_id) not in self._tasks:
            task = asyncio.create_task(_again_and_again(f"{what} {run_id}", work))
            self._tasks[what, run_id] = task
            task.add_done_callback(lambda _: self._tasks.pop((what, run_id)))

    async def _end(self, what: str, run_id: str) -> None:
        task = self._tasks.get((what, run_id))
        if task is not None:
            task.cancel()
            await asyncio.wait([task])


@asynccontextmanager
async def dispatching(container: Container) -> AsyncIterator[Dispatch | None]:
    """Dispatch runs until the block ends; None where machines do not share runs."""
    if not container.machines().shared:
        yield None
        return
    dispatch = Dispatch(container)
    dispatch.start_recovery()
    async with exchanging(container):
        try:
            yield dispatch
        finally:
            await dispatch.close()


@asynccontextmanager
async def exchanging(container: Container) -> AsyncIterator[None]:
    """Where machines share runs, exchange memory with the others, too, until the block ends."""
    if not container.machines().shared:
        yield
        return

    def show(told: SyncReport | str) -> None:
        if isinstance(told, str):
            _log.warning("memory is not exchanged: %s", told)

    async with beside(watching(container, show)):
        yield


async def _again_and_again(what: str, work: Callable[[], Awaitable[None]]) -> None:
    pause = 1.0
    while True:
        try:
            return await work()
        except AdapterError as error:
            _log.warning("cannot %s yet, and it is tried again: %s", what, error)
        except Exception:
            _log.exception("cannot %s", what)
            return None
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
