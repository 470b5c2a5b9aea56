"""Side effects that wait for a person's word."""

import hashlib
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field, JsonValue

from rookery.domain.actions import ToolCall
from rookery.domain.frozen import Frozen, Timestamp
from rookery.domain.provenance import Origin


class ApprovalStatus(StrEnum):
    """Where an approval stands. `expired`: nobody decided in time."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"


class Approval(Frozen):
    """One side effect that an agent wants, bound to its exact arguments; it expires.

    Attributes:
        digest: SHA-256 of the tool and its arguments. Nothing else than that is permitted.
        origins: what the agent had read that nobody vouches for, in the order in which it read it.
        echoes: the places among `origins` whose words stand in the arguments.
    """

    id: str
    run_id: str
    agent_id: str
    tool: str
    arguments: dict[str, JsonValue]
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    reason: str
    origins: list[Origin] = []
    echoes: list[str] = []
    status: ApprovalStatus = ApprovalStatus.PENDING
    requested_at: Timestamp
    expires_at: Timestamp
    decided_at: Timestamp | None = None
    decided_by: str | None = None

    def at(self, now: datetime) -> "Approval":
        """Return it as it stands at a moment."""
        over = self.status is ApprovalStatus.PENDING and now >= self.expires_at
        return self.model_copy(update={"status": ApprovalStatus.EXPIRED}) if over else self

    def permits(self, call: ToolCall, now: datetime) -> bool:
        """Whether a person has approved this very call, and not too long ago."""
        in_time = now < self.expires_at
        return self.status is ApprovalStatus.APPROVED and in_time and self.digest == digest_of(call)


class Decision(Frozen):
    """What a person decided about an approval."""

    decision: Literal["approve", "deny"]

    @property
    def status(self) -> ApprovalStatus:
        """What the approval becomes."""
        return ApprovalStatus.APPROVED if self.decision == "approve" else ApprovalStatus.DENIED


class Policy(Frozen):
    """What may be done without asking, as long as no text that nobody vouches for had a part in it."""

    allow: list[str] = Field(default=[], description="names of tools, with * for any letters")
    expire_seconds: float = Field(default=3600.0, gt=0, description="after which what nobody approved is not done")

    def allows(self, tool: str) -> bool:
        """Whether the tool is granted beforehand."""
        return any(fnmatchcase(tool, pattern) for pattern in self.allow)


def digest_of(call: ToolCall) -> str:
    """Return what binds an approval to a call."""
    return hashlib.sha256(call.key.encode()).hexdigest()
