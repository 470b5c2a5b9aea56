"""The index of embeddings."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol


class Vector(NamedTuple):
    """An embedding and what it stands for."""

    id: str
    group: str
    """What it can be filtered by, such as the snapshot's digest for a passage; empty where nobody filters, which some
    stores hold at half the cost."""
    embedding: Sequence[float]


class VectorHit(NamedTuple):
    """What a search found; `similarity` is the cosine, in [-1, 1]."""

    id: str
    similarity: float


class VectorStorePort(Protocol):
    """Named collections of embeddings. They are projections and can be rebuilt at any time.

    Embeddings are made by the caller. All of one collection share a dimension, fixed by the first `upsert`.
    Safe to call concurrently.
    """

    async def upsert(self, collection: str, vectors: Sequence[Vector]) -> None:
        """Store the vectors; one of a known id replaces it.

        Raises:
            DimensionMismatch: a vector is not of the collection's dimension.
            VectorStoreError: the store cannot be written.
        """
        ...

    async def search(
        self, collection: str, embedding: list[float], *, limit: int, groups: Collection[str] | None = None
    ) -> list[VectorHit]:
        """Return at most `limit` nearest vectors, best first, equal ones by id; `[]` for an unknown collection.

        With `groups`, only vectors of these groups count.

        Raises:
            DimensionMismatch: the embedding is not of the collection's dimension.
            VectorStoreError: the store cannot be read.
        """
        ...

    async def delete_group(self, collection: str, group: str) -> None:
        """Remove all vectors of a group; nothing happens when there are none."""
        ...

    async def delete(self, collection: str, ids: Collection[str]) -> None:
        """Remove the vectors of these ids; unknown ids and an unknown collection change nothing.

        Raises:
            VectorStoreError: the store cannot be written.
        """
        ...

    async def count(self, collection: str) -> int:
        """Return how many vectors the collection has; 0 for an unknown one."""
        ...

    async def note(self, collection: str) -> str | None:
        """Return what was last noted on the collection, or None. An index keeps there how far it follows its source.

        Raises:
            VectorStoreError: the store cannot be read.
        """
        ...

    async def set_note(self, collection: str, note: str) -> None:
        """Note something on a collection that has had a vector; it lives and dies with the collection.

        What was stored before the note is durable when this returns.

        Raises:
            VectorStoreError: the store cannot be written, or there is no such collection.
        """
        ...

    async def drop(self, collection: str) -> None:
        """Remove a collection with its vectors, its dimension and its note; an unknown one changes nothing."""
        ...

    async def reset(self) -> None:
        """Throw away everything that Rookery stored, even where it is damaged; the next call finds an empty store.

        Raises:
            VectorStoreError: the store cannot be reached or written.
        """
        ...

    async def close(self) -> None:
        """Release files and connections; the next call opens them again."""
        ...

    async def ids(self, collection: str, group: str) -> set[str]:
        """Return the ids of a group's vectors; empty for an unknown collection or group."""
        ...
