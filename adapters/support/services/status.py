"""How an integration says how things stand, and how its refusals become those of a notifier."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rookery.adapters.support.services.gate import Gate
from rookery.domain.errors import AdapterError, NotifierError, ToolError
from rookery.domain.integrations import IntegrationState, IntegrationStatus
from rookery.domain.ports.tool import Tool


class Refused(ToolError):
    """A service does not take the credentials, or they allow too little."""


class Missing(ToolError):
    """A service has no such thing, or hides it."""


class Unset(ToolError):
    """A setting or a library is missing."""


class Described(Protocol):
    """What is known of an integration without asking its service."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str:
        """What the service is, in a word for people."""
        ...

    @property
    def tools(self) -> Sequence[Tool]: ...


async def status_of(integration: "Described", gate: Gate, look: Callable[[], Awaitable[str]]) -> IntegrationStatus:
    """Return how things stand with a service.

    Args:
        integration: with the service.
        gate: through which it is asked.
        look: asks it, and returns as whom and where.
    """
    told: dict[str, object] = {"name": integration.name, "kind": integration.kind}
    told["tools"] = [tool.name for tool in integration.tools]
    if gate.waits_until is not None or gate.crowded:
        return _waiting(told, gate)
    try:
        detail, state, configured = await look(), IntegrationState.READY, True
    except Unset as error:
        detail, state, configured = str(error), IntegrationState.UNCONFIGURED, False
    except Refused as error:
        detail, state, configured = str(error), IntegrationState.REFUSED, True
    except AdapterError as error:
        if gate.waits_until is not None:
            return _waiting(told, gate)
        detail, state, configured = str(error), IntegrationState.UNREACHABLE, True
    return IntegrationStatus.model_validate({**told, "configured": configured, "status": state, "detail": detail})


def _waiting(told: dict[str, object], gate: Gate) -> IntegrationStatus:
    until = gate.waits_until
    queued = f"{gate.crowded} requests wait for their turn"
    detail = f"it asked to be left alone until {until:%H:%M:%S} UTC" if until else queued
    state = {"configured": True, "status": IntegrationState.WAITING, "detail": detail, "waits_until": until}
    return IntegrationStatus.model_validate({**told, **state})


@contextmanager
def as_notifier() -> Iterator[None]:
    """Raise what a tool would raise as what a notifier raises."""
    try:
        yield
    except ToolError as error:
        raise NotifierError(str(error), retryable=error.retryable) from error
