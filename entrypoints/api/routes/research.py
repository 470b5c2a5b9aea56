"""Asking a question."""

from typing import Annotated

from fastapi import APIRouter, Header

from rookery.domain.access import Scope
from rookery.domain.runs import ResearchRequest, RunStatus
from rookery.entrypoints.api.colony import TheConductor, TheContainer
from rookery.entrypoints.api.schemas import Accepted
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1", tags=["research"])


@router.post("/research", status_code=202, dependencies=[needs(Scope.RUN)])
async def start_research(
    request: ResearchRequest,
    container: TheContainer,
    conductor: TheConductor,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Accepted:
    """Take a question on. A second request with the same `Idempotency-Key` returns the first run."""
    for location in request.sources:
        container.reader().check(location)
    run = await container.start_run()(request, idempotency_key=idempotency_key)
    if run.status is RunStatus.QUEUED:
        conductor.take(run)
    url = f"/v1/runs/{run.id}"
    return Accepted(task_id=run.id, events_url=f"{url}/events", result_url=url)
