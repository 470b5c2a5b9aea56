"""The journal of memories."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from rookery.domain.memories import Memory, Slot


class Entry(NamedTuple):
    """A version and its place in this journal; `cursor` counts from 1 in the order of arrival."""

    cursor: int
    memory: Memory


class Arrival(NamedTuple):
    """The place of a version in this journal, and the slot that it is for."""

    cursor: int
    slot: Slot


class Appended(NamedTuple):
    """What an `append` added: the cursors `first` to `last`, which belong to it alone; none when `added` is 0."""

    added: int
    first: int
    last: int


class MemoryJournalPort(Protocol):
    """An append-only set of memory versions; the truth from which every index can be rebuilt.

    Adding is set union: what is there already changes nothing. Safe to use from several processes.
    """

    async def identity(self) -> str:
        """Return a name that no other journal has, so that an index knows whose cursors it keeps."""
        ...

    async def append(self, versions: Sequence[Memory]) -> Appended:
        """Add versions in order, all or nothing; they are durable when this returns.

        Raises:
            StorageError: they cannot be written, or one of them is not what its digest says.
        """
        ...

    async def end(self) -> int:
        """Return the last cursor; 0 for an empty journal."""
        ...

    async def past(self, cursor: int) -> str | None:
        """Return a digest of all versions up to `cursor`, in order; None beyond the end.

        By it a journal that was put back from a backup, and went on otherwise, is told from the one that it was.
        """
        ...

    async def after(self, cursor: int, *, limit: int) -> list[Entry]:
        """Return at most `limit` versions beyond `cursor`, in the order of their arrival; `[]` at the end.

        Raises:
            StorageError: the journal cannot be read.
        """
        ...

    async def arrivals(self, cursor: int, *, limit: int) -> list[Arrival]:
        """Return what `after` does without the versions, for those who want to know which slots changed."""
        ...

    async def histories(self, slots: Collection[Slot]) -> dict[Slot, list[Memory]]:
        """Return all versions of each slot, in the order of their arrival; unknown slots are left out."""
        ...

    async def slots_of(self, memory_id: str) -> list[Slot]:
        """Return the slots in which a version of this id stands, sorted."""
        ...

    async def check(self) -> list[str]:
        """Read everything and return what is wrong, in words; `[]` when each version is what its digest says."""
        ...
