"""Asking a question."""

from fastapi import APIRouter

from rookery.domain.access import Scope
from rookery.domain.runs import ResearchRequest
from rookery.entrypoints.api.colony import IdempotencyKey, TheConductor, TheContainer, accept
from rookery.entrypoints.api.schemas import Accepted
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1", tags=["research"])


@router.post("/research", status_code=202, dependencies=[needs(Scope.RUN)])
async def start_research(
    request: ResearchRequest,
    container: TheContainer,
    conductor: TheConductor,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Take a question on. A second request with the same `Idempotency-Key` returns the first run."""
    return await accept(request, container, conductor, idempotency_key=idempotency_key)
