"""A worker: it conducts the runs of a work pool, those too that a dead worker left.

Prefect knows what is to be done, claims which of it is being done. Where workers share a home, these are lock files:
the system drops a worker's locks when it dies, however it dies. Where machines share runs, they are leases in the runs'
logs. A run that Prefect holds for started and that nobody has claimed is taken up again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from rookery.adapters.orchestrators.prefect.pool import WorkPool
from rookery.domain.errors import Conflict, NotFound, StorageError
from rookery.domain.ports.run_claims import RunClaimsPort
from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.runs import Run, RunStatus

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, State

_MOST_STARTS = 5  # of a run whose workers die; then a person has to look at it
_log = logging.getLogger(__name__)


class Worker:
    """Conducts so many runs side by side.

    Args:
        name: tells it from the pool's other workers.
        run_store: knows how runs stand.
        claims: what workers are at.
        locks: what anybody who shares the home conducts.
        conduct: brings a run to its end.
        parallel: runs at once.
    """

    def __init__(
        self,
        name: str,
        *,
        run_store: RunStorePort,
        claims: RunClaimsPort,
        locks: RunClaimsPort,
        conduct: Callable[[str], Awaitable[Run]],
        parallel: int,
    ) -> None:
        self.name = name
        self._run_store = run_store
        self._claims = claims
        self._locks = locks
        self._conduct = conduct
        self._parallel = parallel
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._in_touch = True

    async def work(self, pool: WorkPool, *, until: asyncio.Event, poll_seconds: float) -> None:
        """Work until told to stop; runs at work are then interrupted and wait in the pool for another worker."""
        async with asyncio.TaskGroup() as group:
            stop = group.create_task(until.wait())
            while not stop.done():
                for flow_run in await self._look(pool, poll_seconds):
                    self._begin(group, pool, flow_run)
                await asyncio.wait(
                    [stop, *self._at_work.values()], timeout=poll_seconds, return_when=asyncio.FIRST_COMPLETED
                )
            for task in self._at_work.values():
                task.cancel()

    def _begin(self, group: asyncio.TaskGroup, pool: WorkPool, flow_run: "FlowRun") -> None:
        run_id = _run_id(flow_run)
        if run_id in self._at_work or len(self._at_work) >= self._parallel:
            return
        self._at_work[run_id] = group.create_task(self._take(pool, flow_run))
        self._at_work[run_id].add_done_callback(lambda _: self._at_work.pop(run_id))

    async def _look(self, pool: WorkPool, poll_seconds: float) -> "list[FlowRun]":
        """Return what can be taken: what a dead worker left comes first, as it has waited longest."""
        if len(self._at_work) >= self._parallel:
            return []
        try:
            await pool.here(self.name, poll_seconds)
            left = [flow_run for flow_run in await pool.started() if not await self._claims.held(_run_id(flow_run))]
            found = left + await pool.waiting()
        except Exception as error:
            if self._in_touch:
                _log.warning("the work pool %s cannot be seen, and is tried again: %s", pool.name, error)
            self._in_touch = False
            return []
        self._in_touch = True
        return found

    async def _take(self, pool: WorkPool, flow_run: "FlowRun") -> None:
        run_id = _run_id(flow_run)
        try:
            async with self._claims.hold(run_id):
                if await self._locks.held(run_id) or not await pool.begin(flow_run):
                    return
                no_more = await self._no_more_to_do(flow_run)
                if no_more is not None:
                    await pool.leave(flow_run, no_more)
                else:
                    await self._conduct(run_id)
        except Conflict as error:
            _log.info("run %s is not conducted here: %s", run_id, error)
        except StorageError as error:
            _log.warning("run %s is not conducted here any more: %s", run_id, error)
        except Exception:  # the worker goes on with other runs, whatever became of this one
            _log.exception("run %s did not end well; its last event says more", run_id)

    async def _no_more_to_do(self, flow_run: "FlowRun") -> "State[Any] | None":
        """Return how a flow run ends for which nothing is to be done."""
        from prefect.states import Cancelled, Completed, Crashed, Failed

        run_id = _run_id(flow_run)
        try:
            run = await self._run_store.get(run_id)
        except NotFound as error:
            return Failed(
                message=f"{error}; do this worker and who handed it in share ROOKERY_HOME, or runs (`runs.shared`)?"
            )
        if run.status.finished:
            return Completed(message=f"the run is {run.status}")
        if run.status is RunStatus.PAUSED and await self._told_since(flow_run):
            return Cancelled(name="Paused", message="a person paused the run while it waited")
        if flow_run.state is not None and flow_run.state.is_running() and flow_run.run_count >= _MOST_STARTS:
            _log.warning("run %s was started %s times and its workers died; resume it by hand", run_id, _MOST_STARTS)
            return Crashed(message=f"its workers died, and it was started {_MOST_STARTS} times; resume it by hand")
        return None

    async def _told_since(self, flow_run: "FlowRun") -> bool:
        after = flow_run.parameters.get("after")
        return not isinstance(after, int) or bool(await self._run_store.events(_run_id(flow_run), after=after))


def _run_id(flow_run: "FlowRun") -> str:
    return str(flow_run.parameters.get("run_id"))
