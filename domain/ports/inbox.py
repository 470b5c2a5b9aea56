"""The inbox of services that send a message again until they know that it came."""

from typing import Protocol

from rookery.domain.letters import Letter


class InboxPort(Protocol):
    """Keeps letters until they are dealt with, and their keys a week longer. Safe to call from several processes.

    What a call wrote is durable when it returns. All calls raise StorageError where it cannot be read or written.
    """

    async def receive(self, letter: Letter) -> bool:
        """Keep a letter; return False, and do nothing, where one of the same key came before."""
        ...

    async def assign(self, key: str, run_id: str) -> None:
        """Note the run that a letter led to."""
        ...

    async def settle(self, key: str) -> None:
        """Note that nothing is left to do about a letter."""
        ...

    async def unsettled(self, door: str) -> list[Letter]:
        """Return the letters of a door about which something is left to do, oldest first."""
        ...
