"""The services in which teams work."""

from fastapi import APIRouter

from rookery.domain.access import Scope
from rookery.domain.integrations import IntegrationStatus, Notification
from rookery.entrypoints.api import dummy
from rookery.entrypoints.api.schemas import Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/integrations", tags=["integrations"])


@router.get("", dependencies=[needs(Scope.READ)])
async def list_integrations() -> Page[IntegrationStatus]:
    """List the integrations and their state."""
    return Page(items=[dummy.INTEGRATION])


@router.post("/{name}/notify", status_code=202, dependencies=[needs(Scope.RUN)])
async def notify(name: str, notification: Notification) -> IntegrationStatus:
    """Send a message through an integration."""
    return dummy.INTEGRATION
