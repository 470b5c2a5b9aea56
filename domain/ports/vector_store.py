"""The index of embeddings."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol


class Vector(NamedTuple):
    """An embedding and what it stands for."""

    id: str
    group: str
    """What it can be filtered by: the snapshot's digest for a passage, the agent's id for a memory."""
    embedding: list[float]


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

    async def close(self) -> None:
        """Release files and connections; the next call opens them again."""
        ...

    async def ids(self, collection: str, group: str) -> set[str]:
        """Return the ids of a group's vectors; empty for an unknown collection or group."""
        ...
