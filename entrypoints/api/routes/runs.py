"""Runs: list, read, follow, steer."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from rookery.application.research import as_it_stands
from rookery.domain.access import Scope
from rookery.domain.errors import Conflict
from rookery.domain.runs import Run, RunStatus, StopRequest
from rookery.entrypoints.api.colony import TheConductor, TheContainer
from rookery.entrypoints.api.schemas import Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/runs", tags=["runs"])


async def existing_run(run_id: str, container: TheContainer) -> Run:
    """Return the run of the path."""
    return await as_it_stands(await container.run_store().get(run_id), container.orchestrator())


ExistingRun = Annotated[Run, Depends(existing_run)]


@router.get("", dependencies=[needs(Scope.READ)])
async def list_runs(
    container: TheContainer, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str | None = None
) -> Page[Run]:
    """List runs, newest first."""
    page = await container.run_store().page(limit=limit, cursor=cursor)
    items = [await as_it_stands(run, container.orchestrator()) for run in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@router.get("/{run_id}", dependencies=[needs(Scope.READ)])
async def get_run(run: ExistingRun) -> Run:
    """Read a run, with its result when it is finished."""
    return run


@router.get("/{run_id}/events", dependencies=[needs(Scope.READ)], response_class=EventSourceResponse)
async def follow_run(
    run: ExistingRun, container: TheContainer, last_event_id: Annotated[int, Header(ge=0)] = 0
) -> AsyncIterator[ServerSentEvent]:
    """Stream a run's events: `id` is the sequence number, `event` the type. `Last-Event-ID` resumes."""
    async for event in container.run_store().follow(run.id, after=last_event_id):
        yield ServerSentEvent(data=event, event=event.type, id=str(event.seq))


@router.post("/{run_id}/cancel", dependencies=[needs(Scope.RUN)])
async def cancel_run(run: ExistingRun, container: TheContainer) -> Run:
    """End a run within a second, wherever it is."""
    return await container.stop_run()(run.id, StopRequest.CANCEL)


@router.post("/{run_id}/pause", dependencies=[needs(Scope.RUN)])
async def pause_run(run: ExistingRun, container: TheContainer) -> Run:
    """Park a run as soon as the parts that it is at are finished."""
    return await container.stop_run()(run.id, StopRequest.PAUSE)


@router.post("/{run_id}/resume", dependencies=[needs(Scope.RUN)])
async def resume_run(run: ExistingRun, conductor: TheConductor) -> Run:
    """Go on with a paused, interrupted or forgotten run; finished steps are not repeated."""
    if run.status.finished or run.status is RunStatus.RUNNING:
        raise Conflict(f"run {run.id} is {run.status}; only a run that waits can be resumed")
    await conductor.take(run)
    return run
