"""Side effects that wait for a person."""

from fastapi import APIRouter, Request

from rookery.domain.access import AccessToken, Scope
from rookery.domain.approvals import Approval, ApprovalStatus, Decision
from rookery.entrypoints.api.colony import TheContainer
from rookery.entrypoints.api.paging import Cursor, Limit, page_of
from rookery.entrypoints.api.schemas import Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


@router.get("", dependencies=[needs(Scope.READ)])
async def list_approvals(
    container: TheContainer,
    status: ApprovalStatus | None = None,
    run_id: str | None = None,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Page[Approval]:
    """List what waits for a decision, and what was decided, oldest first."""
    found = await container.approval_store().all(status=status, run_id=run_id)
    return page_of(found, _place, limit=limit, cursor=cursor)


def _place(approval: Approval) -> tuple[str, str]:
    return approval.requested_at.isoformat(), approval.id


@router.get("/{approval_id}", dependencies=[needs(Scope.READ)])
async def show_approval(approval_id: str, container: TheContainer) -> Approval:
    """Show one side effect, with what the agent had read that nobody vouches for."""
    return await container.approval_store().get(approval_id)


@router.post("/{approval_id}", dependencies=[needs(Scope.APPROVE)])
async def decide(approval_id: str, decision: Decision, container: TheContainer, request: Request) -> Approval:
    """Approve or deny one side effect, with exactly these arguments. A run that waits for it goes on at once."""
    token: AccessToken = request.state.token
    return await container.approval_store().decide(approval_id, decision, by=token.name)
