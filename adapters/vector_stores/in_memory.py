"""An exact index in memory, gone with the process. For tests and for a handful of vectors."""

import math
from collections.abc import Collection, Sequence
from operator import mul

from rookery.domain.errors import DimensionMismatch, VectorStoreError
from rookery.domain.ports.vector_store import Vector, VectorHit, VectorStorePort


class InMemoryVectorStore(VectorStorePort):
    """Compares the query with every vector: exact, and slow beyond some thousands."""

    def __init__(self) -> None:
        self._collections: dict[str, dict[str, Vector]] = {}
        self._dimensions: dict[str, int] = {}
        self._notes: dict[str, str] = {}

    async def upsert(self, collection: str, vectors: Sequence[Vector]) -> None:
        """Store copies of the vectors, scaled to unit length."""
        if not vectors:
            return
        dimension = self._dimensions.get(collection, len(vectors[0].embedding))
        for vector in vectors:
            _check(collection, vector.embedding, dimension)
        self._dimensions[collection] = dimension
        known = self._collections.setdefault(collection, {})
        known.update({vector.id: vector._replace(embedding=_unit(vector.embedding)) for vector in vectors})

    async def search(
        self, collection: str, embedding: list[float], *, limit: int, groups: Collection[str] | None = None
    ) -> list[VectorHit]:
        """Return the nearest vectors by exact cosine; a vector of zeros is at right angles to all."""
        if collection not in self._dimensions:
            return []
        _check(collection, embedding, self._dimensions[collection])
        query = _unit(embedding)
        wanted = None if groups is None else frozenset(groups)
        hits = [
            VectorHit(vector.id, max(-1.0, min(1.0, sum(map(mul, query, vector.embedding)))))
            for vector in self._collections[collection].values()
            if wanted is None or vector.group in wanted
        ]
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.id))[: max(limit, 0)]

    async def delete_group(self, collection: str, group: str) -> None:
        """Remove the group's vectors; the collection keeps its dimension."""
        known = self._collections.get(collection, {})
        for vector_id in [vector.id for vector in known.values() if vector.group == group]:
            del known[vector_id]

    async def delete(self, collection: str, ids: Collection[str]) -> None:
        """Remove the vectors of these ids; the collection keeps its dimension."""
        known = self._collections.get(collection, {})
        for vector_id in ids:
            known.pop(vector_id, None)

    async def count(self, collection: str) -> int:
        """Return how many vectors the collection has."""
        return len(self._collections.get(collection, {}))

    async def note(self, collection: str) -> str | None:
        """Return the collection's note."""
        return self._notes.get(collection)

    async def set_note(self, collection: str, note: str) -> None:
        """Replace the collection's note."""
        if collection not in self._dimensions:
            raise VectorStoreError(f"collection {collection!r} has had no vector, so there is nothing to note it on")
        self._notes[collection] = note

    async def drop(self, collection: str) -> None:
        """Forget the collection, its dimension and its note."""
        self._collections.pop(collection, None)
        self._dimensions.pop(collection, None)
        self._notes.pop(collection, None)

    async def reset(self) -> None:
        """Forget everything."""
        self._collections.clear()
        self._dimensions.clear()
        self._notes.clear()

    async def ids(self, collection: str, group: str) -> set[str]:
        """Return the ids of the group's vectors."""
        return {vector.id for vector in self._collections.get(collection, {}).values() if vector.group == group}

    async def close(self) -> None:
        """Nothing is open."""


def _check(collection: str, embedding: Sequence[float], dimension: int) -> None:
    if len(embedding) != dimension:
        raise DimensionMismatch(
            f"collection {collection!r} holds vectors of dimension {dimension} and was given one of {len(embedding)}; "
            "rebuild it if the embedder was changed"
        )
    if not all(map(math.isfinite, embedding)):
        raise VectorStoreError(f"an embedding for collection {collection!r} has a component that is not finite")


def _unit(embedding: Sequence[float]) -> list[float]:
    length = math.hypot(*embedding)
    return [component / length for component in embedding] if length else list(embedding)
