"""The store of side effects that wait for a person: one inbox, whatever door the person comes through."""

from typing import Protocol

from rookery.domain.approvals import Approval, ApprovalStatus, Decision


class ApprovalStorePort(Protocol):
    """Keeps approvals. Safe to call concurrently and from several processes.

    Whoever reads one sees it as it stands now: `expired` from its `expires_at` on, unless somebody decided before.
    """

    async def request(self, approval: Approval) -> Approval:
        """Store a new approval and return it, or the one of the same id that is there already.

        Raises:
            Conflict: the one that is there is for something else.
        """
        ...

    async def get(self, approval_id: str) -> Approval:
        """Return an approval.

        Raises:
            NotFound: there is none of that id.
        """
        ...

    async def all(self, *, status: ApprovalStatus | None = None, run_id: str | None = None) -> list[Approval]:
        """Return approvals, oldest first: those of one status, of one run, or all."""
        ...

    async def decide(self, approval_id: str, decision: Decision, *, by: str) -> Approval:
        """Record what a person decided and return the approval. To decide the same again changes nothing.

        Raises:
            NotFound: there is none of that id.
            Conflict: it has expired, or somebody decided otherwise.
        """
        ...

    async def wait(self, approval_id: str, *, seconds: float) -> Approval:
        """Return an approval as soon as it is no longer pending, whichever process decided, or after some seconds.

        Raises:
            NotFound: there is none of that id.
        """
        ...
