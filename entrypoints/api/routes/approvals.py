"""Side effects that wait for a person."""

from fastapi import APIRouter

from rookery.domain.access import Scope
from rookery.domain.approvals import Approval, Decision
from rookery.entrypoints.api import dummy
from rookery.entrypoints.api.schemas import Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


@router.get("", dependencies=[needs(Scope.READ)])
async def list_approvals() -> Page[Approval]:
    """List what waits for a decision, oldest first."""
    return Page(items=[dummy.APPROVAL])


@router.post("/{approval_id}", dependencies=[needs(Scope.APPROVE)])
async def decide(approval_id: str, decision: Decision) -> Approval:
    """Approve or deny one side effect."""
    status = "approved" if decision.decision == "approve" else "denied"
    return dummy.APPROVAL.model_copy(update={"status": status})
