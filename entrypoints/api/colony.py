"""What routes reach: the container, and the runs that this server conducts."""

import asyncio
import logging
from typing import Annotated

from fastapi import Depends, Header, Request

from rookery.domain.errors import Conflict, Overloaded
from rookery.domain.runs import ResearchRequest, Run, RunStatus
from rookery.entrypoints.api.meters import Meters
from rookery.entrypoints.api.schemas import Accepted
from rookery.entrypoints.api.streams import Streams
from rookery.entrypoints.container import Container
from rookery.entrypoints.dispatching import Dispatch
from rookery.entrypoints.logs import RUN_ID
from rookery.entrypoints.observing import Observer
from rookery.entrypoints.work_pools import handing_over

_log = logging.getLogger(__name__)
_BUSY_SECONDS = 10  # after which a run may have ended
_ENDING_SECONDS = 5  # after which a server may have been started again


class Conductor:
    """Conducts runs in the background: at most so many at once, the others in the order of their arrival.

    So many may wait, and no more. Where the orchestrator has a pool of workers, runs are handed to these; through
    `dispatch` where they are on other machines.
    """

    def __init__(
        self, container: Container, observer: Observer | None = None, dispatch: Dispatch | None = None
    ) -> None:
        settings = container.settings().server
        self._container = container
        self._observer = observer or Observer(container.run_store(), [])
        self._dispatch = dispatch
        self._free = asyncio.Semaphore(settings.parallel_runs)
        self._room = settings.parallel_runs + settings.waiting_runs
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending = False
        self.at_work = 0

    @property
    def waiting(self) -> int:
        """How many runs wait for their turn."""
        return len(self._tasks) - self.at_work

    def make_room(self) -> None:
        """Refuse what there is no room for.

        Raises:
            Overloaded: too many runs wait, or the server ends.
        """
        if self._ending:
            raise Overloaded("the server is ending; ask it again when it is back", seconds=_ENDING_SECONDS)
        if len(self._tasks) >= self._room and handing_over(self._container.orchestrator()) is None:
            told = f"{self.waiting} runs wait already; ask again later (`server.waiting_runs` sets how many may)"
            raise Overloaded(told, seconds=_BUSY_SECONDS)

    async def take(self, run: Run) -> None:
        """Have a run conducted as soon as there is room. One that is waiting or at work already is left alone.

        Raises:
            Overloaded: too many runs wait, or the server ends.
            OrchestratorError: the workers' pool cannot be reached.
            StorageError: the store that machines share cannot be reached.
        """
        workers = handing_over(self._container.orchestrator())
        if workers is not None and self._dispatch is not None:
            await self._dispatch.take(run, workers)
        elif workers is not None:
            await workers.hand_in(run)
        elif run.id not in self._tasks:
            self.make_room()
            self._tasks[run.id] = asyncio.create_task(self._conduct(run.id))
            self._tasks[run.id].add_done_callback(lambda _: self._tasks.pop(run.id))

    async def close(self) -> None:
        """Take no more runs, and interrupt all; they can be resumed. Returns when each of them is parked."""
        self._ending = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _conduct(self, run_id: str) -> None:
        RUN_ID.set(run_id)
        async with self._free:
            self.at_work += 1
            try:
                async with self._observer.watching(run_id):
                    await self._container.conduct_run()(run_id)
            except Conflict as error:
                _log.info("run %s is not conducted here: %s", run_id, error)
            except Exception:
                _log.exception("run %s failed; its last event says why", run_id)
            finally:
                self.at_work -= 1


async def _container(request: Request) -> Container:
    container: Container = request.app.state.container
    return container


async def _conductor(request: Request) -> Conductor:
    conductor: Conductor = request.app.state.conductor
    return conductor


async def _streams(request: Request) -> Streams:
    streams: Streams = request.app.state.streams
    return streams


async def _meters(request: Request) -> Meters:
    meters: Meters = request.app.state.meters
    return meters


TheContainer = Annotated[Container, Depends(_container)]
TheConductor = Annotated[Conductor, Depends(_conductor)]
TheStreams = Annotated[Streams, Depends(_streams)]
TheMeters = Annotated[Meters, Depends(_meters)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="names this request: when it is sent again, it is not done again, and has the same answer",
    ),
]


async def begin(
    request: ResearchRequest, container: Container, conductor: Conductor, *, idempotency_key: str | None
) -> Run:
    """Take a run on. Raises what `StartRun` and `take` raise; OutsideSandbox for a source that may not be named."""
    for location in request.sources:
        container.reader().check(location)
    conductor.make_room()
    run = await container.start_run()(request, idempotency_key=idempotency_key)
    if run.status is RunStatus.QUEUED:
        await conductor.take(run)
    return run


async def accept(
    request: ResearchRequest, container: Container, conductor: Conductor, *, idempotency_key: str | None
) -> Accepted:
    """Take a run on, and say where it is followed and read. Raises what `begin` raises."""
    run = await begin(request, container, conductor, idempotency_key=idempotency_key)
    url = f"/v1/runs/{run.id}"
    return Accepted(task_id=run.id, events_url=f"{url}/events", result_url=url)
