"""Side effects that wait for a person. No tool of this version has side effects, so nothing ever waits."""

from fastapi import APIRouter

from rookery.domain.access import Scope
from rookery.domain.approvals import Approval, Decision
from rookery.domain.errors import NotFound
from rookery.entrypoints.api.schemas import Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


@router.get("", dependencies=[needs(Scope.READ)])
async def list_approvals() -> Page[Approval]:
    """List what waits for a decision, oldest first."""
    return Page(items=[])


@router.post("/{approval_id}", dependencies=[needs(Scope.APPROVE)])
async def decide(approval_id: str, _: Decision) -> Approval:
    """Approve or deny one side effect."""
    raise NotFound(f"there is no approval {approval_id}")
