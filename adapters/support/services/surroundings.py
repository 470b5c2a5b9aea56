"""What an integration is given by those who build it, and what its settings have in common with others'."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from rookery.adapters.support.services.delivering import Deliveries
from rookery.adapters.support.services.gate import Gate
from rookery.adapters.support.services.ledger import DeliveryLedger
from rookery.adapters.support.services.line import Line
from rookery.domain.errors import ToolError
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.tool import Capture


def _silent(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What integrations work with.

    Attributes:
        clock: tells time and waits.
        ledger: remembers what was delivered.
        capture: keeps what tools read.
        offline: whether nothing may be sent or fetched.
        notice: is told, in words for a person, that a service is waited for.
        draw: a random number in [0, 1).
    """

    clock: ClockPort
    ledger: DeliveryLedger
    capture: Capture
    offline: bool = False
    notice: Callable[[str], None] = _silent
    draw: Callable[[], float] = field(default=random.random)

    def line(self, service: str, settings: "ServiceSettings", *, pace: float) -> Line:
        """Return a line to a service."""
        gate = Gate(service, self.clock, pace=pace, notice=self.notice)
        return Line(gate, self.clock, draw=self.draw, patience=settings.max_wait_seconds)

    def deliveries(self, service: str, line: Line) -> Deliveries:
        """Return what delivers to it."""
        return Deliveries(service, self.ledger, line, self.clock)


class ServiceSettings(BaseModel):
    """The settings that all services have."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    max_wait_seconds: float = Field(
        default=300.0, gt=0, allow_inf_nan=False, description="for a service that is busy, before giving up"
    )
    timeout_seconds: float = Field(default=30.0, gt=0, allow_inf_nan=False, description="for one answer")


def secret_of_environment(*names: str) -> SecretStr | None:
    """Return the first of these variables that is set."""
    value = next(filter(None, (os.environ.get(name, "").strip() for name in names)), None)
    return SecretStr(value) if value else None


def plain_address(value: str) -> str:
    """Return an address without a slash at its end.

    Raises:
        ValueError: it is none of http or https, or has a name, password, query or fragment in it.
    """
    parts = urlsplit(value.strip())
    plain = parts.hostname and "@" not in parts.netloc and not parts.query and not parts.fragment
    if parts.scheme not in ("http", "https") or not plain:
        raise ValueError("give an address like https://example.org/api, without a name, password or query")
    return value.strip().rstrip("/")


def refuse_offline(service: str, *, offline: bool) -> None:
    """Check that the network may be used.

    Raises:
        ToolError: Rookery works offline.
    """
    if offline:
        raise ToolError(f"Rookery works offline, so {service} is not asked; unset `research.offline` to use it")
