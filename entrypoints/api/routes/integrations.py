"""The services in which teams work."""

from typing import Annotated

from fastapi import APIRouter, Header

from rookery.application.integrations import Publication, check_all
from rookery.domain.access import Scope
from rookery.domain.integrations import Delivery, IntegrationStatus, Notification
from rookery.entrypoints.api.colony import TheContainer
from rookery.entrypoints.api.schemas import Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1", tags=["integrations"])
Key = Annotated[str | None, Header(max_length=200)]


@router.get("/integrations", dependencies=[needs(Scope.READ)])
async def list_integrations(container: TheContainer) -> Page[IntegrationStatus]:
    """List the integrations that are installed, and how things stand with them now."""
    return Page(items=await check_all(container.integrations()))


@router.post("/integrations/{name}/notify", dependencies=[needs(Scope.RUN)])
async def notify(
    name: str, notification: Notification, container: TheContainer, idempotency_key: Key = None
) -> Delivery:
    """Send a message through an integration. A second request with the same `Idempotency-Key` sends nothing."""
    key = idempotency_key or container.clock().new_id()
    return await container.notify()(name, notification, idempotency_key=key)


@router.post("/runs/{run_id}/publish", dependencies=[needs(Scope.RUN)])
async def publish(
    run_id: str, publication: Publication, container: TheContainer, idempotency_key: Key = None
) -> Delivery:
    """Send the report of a run through an integration; to each place once, unless another key is given."""
    return await container.publish_run()(run_id, publication, idempotency_key=idempotency_key)
