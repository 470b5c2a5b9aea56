"""Runs: list, read, follow, steer."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from rookery.domain.access import Scope
from rookery.domain.errors import NotFound
from rookery.domain.runs import Run
from rookery.entrypoints.api import dummy
from rookery.entrypoints.api.schemas import Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/runs", tags=["runs"])


async def existing_run(run_id: str) -> Run:
    """Return the run of the path."""
    if run_id != dummy.RUN_ID:
        raise NotFound(f"there is no run {run_id}")
    return dummy.RUN


ExistingRun = Annotated[Run, Depends(existing_run)]


@router.get("", dependencies=[needs(Scope.READ)])
async def list_runs(limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str | None = None) -> Page[Run]:
    """List runs, newest first."""
    return Page(items=[dummy.RUN])


@router.get("/{run_id}", dependencies=[needs(Scope.READ)])
async def get_run(run: ExistingRun) -> Run:
    """Read a run, with its result when it is finished."""
    return run


@router.get("/{run_id}/events", dependencies=[needs(Scope.READ)], response_class=EventSourceResponse)
async def follow_run(
    run: ExistingRun, last_event_id: Annotated[int, Header(ge=0)] = 0
) -> AsyncIterator[ServerSentEvent]:
    """Stream a run's events: `id` is the sequence number, `event` the type. `Last-Event-ID` resumes."""
    for event in dummy.run_events():
        if event.seq > last_event_id:
            yield ServerSentEvent(data=event, event=event.type, id=str(event.seq))


@router.post("/{run_id}/cancel", dependencies=[needs(Scope.RUN)])
async def cancel_run(run: ExistingRun) -> Run:
    """End a run; what it has so far is kept."""
    return run


@router.post("/{run_id}/pause", dependencies=[needs(Scope.RUN)])
async def pause_run(run: ExistingRun) -> Run:
    """Park a run after the steps that are under way."""
    return run


@router.post("/{run_id}/resume", dependencies=[needs(Scope.RUN)])
async def resume_run(run: ExistingRun) -> Run:
    """Go on with a parked or interrupted run; finished steps are not repeated."""
    return run
