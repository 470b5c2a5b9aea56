"""Side effects that wait for a person's word."""

from typing import Literal

from pydantic import JsonValue

from rookery.domain.frozen import Frozen, Timestamp


class Approval(Frozen):
    """One side effect, bound to its exact arguments; it expires."""

    id: str
    run_id: str
    tool: str
    arguments: dict[str, JsonValue]
    reason: str
    status: Literal["pending", "approved", "denied", "expired"]
    requested_at: Timestamp
    expires_at: Timestamp


class Decision(Frozen):
    """What a person decided about an approval."""

    decision: Literal["approve", "deny"]
