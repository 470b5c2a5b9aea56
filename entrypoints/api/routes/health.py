"""Whether the process lives, and whether it can serve."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from rookery.domain.access import Scope
from rookery.entrypoints.api.colony import TheContainer, TheMeters
from rookery.entrypoints.api.meters import CONTENT_TYPE
from rookery.entrypoints.api.schemas import Check, Health, Readiness
from rookery.entrypoints.api.security import needs
from rookery.entrypoints.diagnosis import readiness

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> Health:
    """Alive."""
    return Health()


@router.get("/readyz", include_in_schema=False)
async def readyz(response: Response, container: TheContainer) -> Readiness:
    """Say whether requests can be served, and why not. Open, for probes: it names what fails and tells no more."""
    findings = await readiness(container)
    ready = all(finding.state == "ok" for finding in findings)
    response.status_code = 200 if ready else 503
    checks = [Check(name=found.name, ok=found.state == "ok", detail=found.state) for found in findings]
    return Readiness(ready=ready, checks=checks)


@router.get("/metrics", response_class=PlainTextResponse, dependencies=[needs(Scope.READ)])
async def metrics(container: TheContainer, meters: TheMeters) -> Response:
    """Figures in Prometheus' text form."""
    sources = await container.library().sources()
    text = meters.text(documents=len(sources), passages=sum(source.passages for source in sources))
    return Response(text, media_type=CONTENT_TYPE)
