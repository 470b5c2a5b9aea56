"""Approvals that are gone with their process."""

import asyncio
import contextlib

from rookery.adapters.approval_stores.deciding import decided, same
from rookery.adapters.support.pulse import Pulse
from rookery.domain.approvals import Approval, ApprovalStatus, Decision
from rookery.domain.errors import NotFound
from rookery.domain.ports.approval_store import ApprovalStorePort
from rookery.domain.ports.clock import ClockPort


class InMemoryApprovalStore(ApprovalStorePort):
    """A table."""

    def __init__(self, *, clock: ClockPort) -> None:
        self._clock = clock
        self._approvals: dict[str, Approval] = {}
        self._decided = Pulse()

    async def request(self, approval: Approval) -> Approval:
        return same(self._approvals.setdefault(approval.id, approval), approval).at(self._clock.now())

    async def get(self, approval_id: str) -> Approval:
        return self._stored(approval_id).at(self._clock.now())

    async def all(self, *, status: ApprovalStatus | None = None, run_id: str | None = None) -> list[Approval]:
        now = self._clock.now()
        found = [approval.at(now) for approval in self._approvals.values() if run_id in (None, approval.run_id)]
        return sorted(
            (one for one in found if status in (None, one.status)), key=lambda one: (one.requested_at, one.id)
        )

    async def decide(self, approval_id: str, decision: Decision, *, by: str) -> Approval:
        approval = decided(self._stored(approval_id), decision, by, self._clock.now())
        self._approvals[approval_id] = approval
        self._decided.beat()
        return approval

    async def wait(self, approval_id: str, *, seconds: float) -> Approval:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while (await self.get(approval_id)).status is ApprovalStatus.PENDING:
                    await self._decided.next().wait()
        return await self.get(approval_id)

    def _stored(self, approval_id: str) -> Approval:
        if approval_id not in self._approvals:
            raise NotFound(f"there is no approval {approval_id}; `rookery approvals list` shows them")
        return self._approvals[approval_id]

    def close(self) -> None:
        """There is nothing to close."""
