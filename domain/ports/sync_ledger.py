"""Where a device stands with the other machines."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from rookery.domain.sync import Standing


class SyncLedgerPort(Protocol):
    """Keeps, for each remote store, how far this device has sent and received."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Take the one turn that a home has, so that two processes do not sync at once.

        Raises:
            Conflict: another process syncs.
        """
        ...

    async def load(self, remote: str) -> Standing | None:
        """Return where the device stands with a remote store; None when it has never met it."""
        ...

    async def save(self, remote: str, standing: Standing) -> None:
        """Store it, in one durable step.

        Raises:
            StorageError: it cannot be written.
        """
        ...
