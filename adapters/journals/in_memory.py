"""A journal that is gone with its process."""

from collections.abc import Collection, Sequence

from rookery.adapters.journals.chain import NOTHING, link
from rookery.domain.errors import StorageError
from rookery.domain.memories import Memory, Slot, by_slot
from rookery.domain.ports.memory_journal import Appended, Arrival, Entry, MemoryJournalPort


class InMemoryMemoryJournal(MemoryJournalPort):
    """Keeps versions in a list.

    Args:
        identity: a name that no other journal has.
    """

    def __init__(self, identity: str = "in-memory") -> None:
        self._identity = identity
        self._versions: dict[str, Memory] = {}
        self._pasts = [NOTHING]

    async def identity(self) -> str:
        return self._identity

    async def append(self, versions: Sequence[Memory]) -> Appended:
        for memory in versions:
            if memory.version != memory.digest():
                raise StorageError(f"memory {memory.id} is not the version that it is called ({memory.version[:12]})")
        before = len(self._versions)
        for memory in versions:
            if memory.version not in self._versions:
                self._versions[memory.version] = memory
                self._pasts.append(link(self._pasts[-1], memory.version))
        return Appended(len(self._versions) - before, before + 1, len(self._versions))

    async def end(self) -> int:
        return len(self._versions)

    async def past(self, cursor: int) -> str | None:
        return self._pasts[cursor] if cursor < len(self._pasts) else None

    async def after(self, cursor: int, *, limit: int) -> list[Entry]:
        entries = [Entry(place, memory) for place, memory in enumerate(self._versions.values(), 1)]
        return entries[cursor : cursor + limit]

    async def arrivals(self, cursor: int, *, limit: int) -> list[Arrival]:
        return [Arrival(place, memory.slot) for place, memory in await self.after(cursor, limit=limit)]

    async def histories(self, slots: Collection[Slot]) -> dict[Slot, list[Memory]]:
        wanted = set(slots)
        return {slot: found for slot, found in by_slot(list(self._versions.values())).items() if slot in wanted}

    async def slots_of(self, memory_id: str) -> list[Slot]:
        return sorted({memory.slot for memory in self._versions.values() if memory.id == memory_id})

    async def check(self) -> list[str]:
        return [
            f"version {version[:12]} is not what its digest says"
            for version, memory in self._versions.items()
            if memory.digest() != version
        ]

    def close(self) -> None:
        """There is nothing to close."""
