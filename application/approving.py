"""Side effects that wait for a person: ask, wait, and let pass what was approved, word for word."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from rookery.domain.actions import ToolCall
from rookery.domain.approvals import Approval, ApprovalStatus, Policy, digest_of
from rookery.domain.events import ApprovalRequested, ApprovalResolved
from rookery.domain.frozen import Frozen
from rookery.domain.ports.approval_store import ApprovalStorePort
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.orchestrator import WorkflowContext
from rookery.domain.provenance import Origin
from rookery.domain.text import counted

_GLANCE = 1.0  # seconds after which who waits looks whether the run is to stop


class Wish(Frozen):
    """A side effect that an agent wants.

    Attributes:
        key: of the effect; the same after a crash.
        origins: what the agent has read that nobody vouches for.
        echoes: the places among them whose words stand in the arguments.
        composed: addresses that the agent made up, where it only wants to read.
    """

    run_id: str
    agent_id: str
    call: ToolCall
    key: str
    origins: list[Origin] = []
    echoes: list[str] = []
    composed: list[str] = []


class ApprovalGate:
    """Lets nothing pass that neither the policy grants nor a person has approved.

    The policy grants only what an agent wants that has read nothing from outside.
    """

    def __init__(self, approvals: ApprovalStorePort, clock: ClockPort, policy: Policy) -> None:
        self._approvals = approvals
        self._clock = clock
        self._policy = policy

    def grants(self, wish: Wish) -> bool:
        """Whether nobody needs to be asked."""
        return not wish.origins and self._policy.allows(wish.call.tool)

    async def ask(self, wish: Wish, context: WorkflowContext) -> str | None:
        """Ask for approval and wait for it; return why the thing may not be done, or None when it may.

        Asked again for the same wish, after a crash or a pause, it is the same approval.

        Raises:
            RunStopped: the run is to stop; the approval waits on.
            StorageError: approvals cannot be stored.
        """
        approval = await self._approvals.request(self._approval(wish))
        await context.emit(
            ApprovalRequested(
                agent_id=wish.agent_id,
                approval_id=approval.id,
                tool=approval.tool,
                arguments=approval.arguments,
                reason=approval.reason,
                origins=approval.origins,
                echoes=approval.echoes,
                expires_at=approval.expires_at,
            )
        )
        while approval.status is ApprovalStatus.PENDING:
            await context.heed()
            approval = await self._approvals.wait(approval.id, seconds=_GLANCE)
        told = {"decision": _DECISIONS[approval.status], "by": approval.decided_by}
        await context.emit(ApprovalResolved(agent_id=wish.agent_id, approval_id=approval.id, **told))
        return self._refusal(approval, wish.call)

    def _refusal(self, approval: Approval, call: ToolCall) -> str | None:
        if approval.permits(call, self._clock.now()):
            return None
        match approval.status:
            case ApprovalStatus.DENIED:
                return f"{approval.decided_by} denied it; it was not done, and must not be tried in another way"
            case ApprovalStatus.EXPIRED:
                return "nobody approved it in time; it was not done"
            case _:
                return "the approval is too old, or for something else; it was not done"

    def _approval(self, wish: Wish) -> Approval:
        now = self._clock.now()
        digest = digest_of(wish.call)
        return Approval(
            id=hashlib.sha256(f"{wish.key}\0{digest}".encode()).hexdigest()[:16],
            run_id=wish.run_id,
            agent_id=wish.agent_id,
            tool=wish.call.tool,
            arguments=wish.call.arguments,
            digest=digest,
            reason=_reason(wish),
            origins=wish.origins,
            echoes=wish.echoes,
            requested_at=now,
            expires_at=now + timedelta(seconds=self._policy.expire_seconds),
        )


_DECISIONS = {
    ApprovalStatus.APPROVED: "approve",
    ApprovalStatus.DENIED: "deny",
    ApprovalStatus.EXPIRED: "expired",
}
_NAMED = 3  # places


def _reason(wish: Wish) -> str:
    if wish.composed:
        made_up = f"{wish.call.tool} is to ask for {_places(wish.composed)}, which stands in nothing that was read"
        return f"{made_up}; it may carry away what the agent knows."
    changes = f"{wish.call.tool} changes something outside of the run."
    if wish.echoes:
        return f"{changes} What it is to write has words from {_places(wish.echoes)}."
    if wish.origins:
        read = _places([origin.place for origin in wish.origins])
        return f"{changes} The agent has read {counted(len(wish.origins), 'text')} that nobody vouches for: {read}."
    return f"{changes} The agent has read nothing from outside, but no policy grants it."


def _places(places: Sequence[str]) -> str:
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    return f"{', '.join(places[:_NAMED])}{more}"
