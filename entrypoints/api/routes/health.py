"""Whether the process lives, and whether it can serve."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from rookery.domain.access import Scope
from rookery.entrypoints.api.schemas import Check, Health, Readiness
from rookery.entrypoints.api.security import needs

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> Health:
    """Alive."""
    return Health()


@router.get("/readyz", include_in_schema=False)
async def readyz(response: Response) -> Readiness:
    """Say whether requests can be served, and why not. Open, for probes: it tells nothing of what is stored."""
    return Readiness(ready=True, checks=[Check(name="skeleton", ok=True, detail="answers dummy data")])


@router.get("/metrics", response_class=PlainTextResponse, dependencies=[needs(Scope.READ)])
async def metrics() -> str:
    """Figures in Prometheus' text form."""
    return "# TYPE rookery_up gauge\nrookery_up 1\n"
