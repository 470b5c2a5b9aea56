"""The services in which teams work."""

from fastapi import APIRouter

from rookery.domain.access import Scope
from rookery.domain.errors import NotFound
from rookery.domain.integrations import IntegrationState, IntegrationStatus, Notification
from rookery.entrypoints import plugins
from rookery.entrypoints.api.schemas import Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/integrations", tags=["integrations"])


@router.get("", dependencies=[needs(Scope.READ)])
async def list_integrations() -> Page[IntegrationStatus]:
    """List the integrations that are installed, and their state."""
    return Page(items=[_status(name) for name in plugins.available("integrations")])


@router.post("/{name}/notify", status_code=202, dependencies=[needs(Scope.RUN)])
async def notify(name: str, _: Notification) -> IntegrationStatus:
    """Send a message through an integration."""
    raise NotFound(f"there is no integration {name}")


def _status(name: str) -> IntegrationStatus:
    return IntegrationStatus(
        name=name,
        kind="plug-in",
        configured=False,
        status=IntegrationState.UNCONFIGURED,
        detail="this version cannot check it",
    )
