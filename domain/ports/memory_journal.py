"""The journal of memories."""

from collections.abc import Sequence
from typing import Protocol

from rookery.domain.memories import Memory


class MemoryJournalPort(Protocol):
    """An append-only set of memory versions; the truth from which every index can be rebuilt."""

    async def append(self, versions: Sequence[Memory]) -> None:
        """Add versions, all or nothing. Those that are there already change nothing.

        Raises:
            StorageError: they cannot be written.
        """
        ...

    async def after(self, cursor: int, *, limit: int) -> list[tuple[int, Memory]]:
        """Return versions in the order of their arrival, each with its cursor; `[]` at the end."""
        ...

    async def history(self, namespace: str, key: str) -> list[Memory]:
        """Return all versions of a slot, oldest first; `[]` for an unknown slot."""
        ...
