"""Services in which teams work."""

from typing import Protocol

from rookery.domain.integrations import IntegrationStatus


class IntegrationPort(Protocol):
    """A service that agents can search and write to."""

    @property
    def name(self) -> str: ...

    async def check(self) -> IntegrationStatus:
        """Say whether the service can be used now, and why not."""
        ...
