"""Runs: list, read, follow, steer."""

from collections import OrderedDict
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from starlette.routing import Route
from starlette.types import Receive, Send
from starlette.types import Scope as ASGIScope

from rookery.application.listing import page_of_runs
from rookery.application.research import as_it_stands
from rookery.domain.access import Scope
from rookery.domain.errors import Conflict
from rookery.domain.frozen import WrittenTime
from rookery.domain.runs import Run, RunFilter, RunStatus, StopRequest
from rookery.entrypoints.api.colony import TheConductor, TheContainer, TheStreams
from rookery.entrypoints.api.openapi import event_stream
from rookery.entrypoints.api.paging import Cursor, Limit
from rookery.entrypoints.api.schemas import Page
from rookery.entrypoints.api.security import demand, needs
from rookery.entrypoints.api.streams import EventStream

router = APIRouter(prefix="/v1/runs", tags=["runs"])
_EVENT = {"contentMediaType": "application/json", "contentSchema": {"$ref": "#/components/schemas/RunEvent"}}
_REMEMBERED = 64  # runs as JSON
_STREAM = {"content": event_stream(data=_EVENT), "description": "Events as they happen"}


async def existing_run(run_id: str, container: TheContainer) -> Run:
    """Return the run of the path."""
    return await as_it_stands(await container.run_store().get(run_id), container.orchestrator())


ExistingRun = Annotated[Run, Depends(existing_run)]


async def _wanted(
    status: Annotated[list[RunStatus], Query(description="one of these")] = [],  # noqa: B006 - FastAPI copies it
    namespace: Annotated[str | None, Query(max_length=200)] = None,
    agent: Annotated[str | None, Query(max_length=200, description="that works alone")] = None,
    q: Annotated[str | None, Query(max_length=1000, description="text that the question contains")] = None,
    created_after: Annotated[WrittenTime | None, Query(description="or in this moment")] = None,
    created_before: WrittenTime | None = None,
) -> RunFilter:
    return RunFilter(
        statuses=status or None,
        namespace=namespace,
        agent=agent,
        text=q,
        created_after=created_after,
        created_before=created_before,
    )


@router.get("", dependencies=[needs(Scope.READ)])
async def list_runs(
    container: TheContainer, where: Annotated[RunFilter, Depends(_wanted)], limit: Limit = 50, cursor: Cursor = None
) -> Page[Run]:
    """List runs, newest first; with filters, those to which all of them apply."""
    page = await page_of_runs(container.run_store(), container.orchestrator(), limit=limit, cursor=cursor, where=where)
    return Page(items=page.items, next_cursor=page.next_cursor)


@router.get("/{run_id}", dependencies=[needs(Scope.READ)])
async def get_run(run: ExistingRun) -> Run:
    """Read a run, with its result when it is finished."""
    return run  # `read_run` answers in its place


class ReadRun:
    """`GET /v1/runs/{run_id}`, which is asked most, without what FastAPI does around a route: that costs half of it."""

    path = "/v1/runs/{run_id}"

    def __init__(self) -> None:
        self._written: OrderedDict[str, tuple[Run, bytes]] = OrderedDict()

    async def __call__(self, scope: ASGIScope, _: Receive, send: Send) -> None:
        """Answer as `get_run` would. The run was checked when it was made."""
        scope["route"] = self
        demand(scope["state"]["token"], Scope.READ)
        body = self._json(await existing_run(scope["path_params"]["run_id"], scope["app"].state.container))
        headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _json(self, run: Run) -> bytes:
        """Return a run as JSON. Who waits for one reads it again and again; the store returns the same object then."""
        known, body = self._written.pop(run.id, (None, b""))
        if known is not run:
            body = run.model_dump_json().encode()
        self._written[run.id] = (run, body)
        if len(self._written) > _REMEMBERED:
            self._written.popitem(last=False)
        return body


def read_run() -> Route:
    """Return the route that answers before `get_run`."""
    route = Route(ReadRun.path, endpoint=ReadRun())
    route.methods = {"GET"}  # without the HEAD that Starlette would add
    return route


@router.get("/{run_id}/events", dependencies=[needs(Scope.READ)], response_class=Response, responses={200: _STREAM})
async def follow_run(
    run: ExistingRun,
    container: TheContainer,
    streams: TheStreams,
    last_event_id: Annotated[int, Header(alias="Last-Event-ID", ge=0, lt=2**63)] = 0,
    follow: Annotated[bool, Query(description="false: only the events that are stored already")] = True,  # noqa: FBT002
) -> EventStream:
    """Stream a run's events: `id` is the sequence number, `event` the type. `Last-Event-ID` resumes.

    The stream ends after the run's last event, or when the server ends; it says `: ping` every 15 seconds.
    """
    return EventStream(container.run_store(), run.id, after=last_event_id, streams=streams, follow=follow)


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
