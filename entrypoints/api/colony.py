"""What routes reach: the container, and the runs that this server conducts."""

import asyncio
import logging
from typing import Annotated

from fastapi import Depends, Request

from rookery.domain.errors import Conflict
from rookery.domain.runs import ResearchRequest, Run, RunStatus
from rookery.entrypoints.api.schemas import Accepted
from rookery.entrypoints.container import Container
from rookery.entrypoints.work_pools import handing_over

_log = logging.getLogger(__name__)


class Conductor:
    """Conducts runs in the background: at most so many at once, the others in the order of their arrival.

    Where the orchestrator has a pool of workers, runs are handed to these.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._free = asyncio.Semaphore(container.settings().server.parallel_runs)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def take(self, run: Run) -> None:
        """Have a run conducted as soon as there is room. One that is waiting or at work already is left alone.

        Raises:
            OrchestratorError: the workers' pool cannot be reached.
        """
        workers = handing_over(self._container.orchestrator())
        if workers is not None:
            await workers.hand_in(run)
        elif run.id not in self._tasks:
            self._tasks[run.id] = asyncio.create_task(self._conduct(run.id))
            self._tasks[run.id].add_done_callback(lambda _: self._tasks.pop(run.id))

    async def close(self) -> None:
        """Interrupt all runs; they can be resumed. Returns when each of them is parked."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _conduct(self, run_id: str) -> None:
        async with self._free:
            try:
                await self._container.conduct_run()(run_id)
            except Conflict as error:
                _log.info("run %s is not conducted here: %s", run_id, error)
            except Exception:
                _log.exception("run %s failed; its last event says why", run_id)


def _container(request: Request) -> Container:
    container: Container = request.app.state.container
    return container


def _conductor(request: Request) -> Conductor:
    conductor: Conductor = request.app.state.conductor
    return conductor


TheContainer = Annotated[Container, Depends(_container)]
TheConductor = Annotated[Conductor, Depends(_conductor)]


async def accept(
    request: ResearchRequest, container: Container, conductor: Conductor, *, idempotency_key: str | None
) -> Accepted:
    """Take a run on. Raises what `StartRun` and `take` raise; OutsideSandbox for a source that may not be named."""
    for location in request.sources:
        container.reader().check(location)
    run = await container.start_run()(request, idempotency_key=idempotency_key)
    if run.status is RunStatus.QUEUED:
        await conductor.take(run)
    url = f"/v1/runs/{run.id}"
    return Accepted(task_id=run.id, events_url=f"{url}/events", result_url=url)
