"""The store of what was accepted of other people's servers."""

from collections.abc import Collection, Sequence
from typing import Protocol

from rookery.domain.pins import Pin


class ToolPinStorePort(Protocol):
    """Keeps which tools a person has seen and accepted. Safe to call concurrently and from several processes."""

    async def pins(self, server: str) -> list[Pin]:
        """Return what was accepted of a server, by the names of the tools.

        Raises:
            StorageError: it cannot be read.
        """
        ...

    async def accept(self, pins: Sequence[Pin]) -> None:
        """Store pins, all or none; a tool that was accepted before is replaced."""
        ...

    async def drop(self, server: str, tools: Collection[str] | None = None) -> None:
        """Forget that tools were accepted; all of the server when none are named."""
        ...
