"""Services in which teams work."""

from collections.abc import Sequence
from typing import Protocol

from rookery.domain.integrations import IntegrationStatus
from rookery.domain.ports.notifier import NotifierPort
from rookery.domain.ports.tool import Tool


class IntegrationPort(NotifierPort, Protocol):
    """A service that agents can search and write to, and that people are told through. Safe to call concurrently."""

    @property
    def name(self) -> str: ...

    @property
    def tools(self) -> Sequence[Tool]:
        """What agents can do there; names begin with that of the integration and `_`. Nothing is connected yet."""
        ...

    async def check(self) -> IntegrationStatus:
        """Say whether the service can be used now, and why not. Never raises for a service that is not there."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...
