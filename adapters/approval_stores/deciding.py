"""What all stores agree on."""

from datetime import datetime

from rookery.domain.approvals import Approval, ApprovalStatus, Decision
from rookery.domain.errors import Conflict


def same(there: Approval, wanted: Approval) -> Approval:
    """Return the approval that is there, provided that it is for the same thing.

    Raises:
        Conflict: it is not.
    """
    if (there.run_id, there.digest) != (wanted.run_id, wanted.digest):
        raise Conflict(f"approval {wanted.id} was asked for another side effect")
    return there


def decided(approval: Approval, decision: Decision, by: str, now: datetime) -> Approval:
    """Return the approval with a decision.

    Raises:
        Conflict: it has expired, or somebody decided otherwise.
    """
    current = approval.at(now)
    if current.status is decision.status:
        return approval
    if current.status is ApprovalStatus.EXPIRED:
        raise Conflict(f"approval {approval.id} has expired; nothing was done, and nothing will be")
    if current.status is not ApprovalStatus.PENDING:
        raise Conflict(f"{approval.decided_by} has {current.status} it already")
    return approval.model_copy(update={"status": decision.status, "decided_at": now, "decided_by": by})
