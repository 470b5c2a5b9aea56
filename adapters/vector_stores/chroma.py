"""Chroma behind `VectorStorePort`."""

import hashlib
import math
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field

from rookery.adapters.vector_stores.chroma_folder import folder_at
from rookery.domain.errors import DimensionMismatch, VectorStoreError
from rookery.domain.ports.vector_store import Vector, VectorHit, VectorStorePort

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection as ChromaCollection
    from chromadb.api.types import Where

T = TypeVar("T")

_WRITTEN_AT_ONCE = 500  # keeps a search that comes in between waiting for less than a second
_GROUPS_AT_ONCE = 10_000  # SQLite allows 32,766 variables in a statement
_FETCHED_BEYOND = 16


class Settings(BaseModel):
    """Where the index lies and how thoroughly it searches."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(default=Path("chroma"), description="a folder; a relative one lies in Rookery's home")
    ef_search: int = Field(default=200, ge=10, description="candidates looked at by a search: recall against time")
    ef_construction: int = Field(default=200, ge=10, description="the same while the index is built")


class ChromaVectorStore(VectorStorePort):
    """Collections of cosine distance in a folder, searched by HNSW, which may miss a few of the nearest.

    The folder is opened by the first call. Several stores and several processes may use it, one call at a time.
    A filter by many groups of a large collection costs up to a second: prefer a collection for each namespace.

    Args:
        settings: the folder and the search.
        home: Rookery's home folder.
    """

    def __init__(self, settings: Settings, *, home: Path) -> None:
        self._settings = settings
        self._folder = folder_at(home / settings.path)

    async def upsert(self, collection: str, vectors: Sequence[Vector]) -> None:
        """Store the vectors, the last one of an id; all are checked before any is written."""
        for vector in vectors:
            _check(collection, vector.embedding, len(vectors[0].embedding))
        latest = list({vector.id: vector for vector in vectors}.values())
        for part in _parts(latest, _WRITTEN_AT_ONCE):
            await self._folder.write(partial(self._upsert, collection, part))

    async def search(
        self, collection: str, embedding: list[float], *, limit: int, groups: Collection[str] | None = None
    ) -> list[VectorHit]:
        """Return the nearest vectors that the index finds."""
        _check(collection, embedding, len(embedding))
        if limit < 1:
            return []
        hits = await self._folder.read(partial(_search, collection, embedding, limit, groups))
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.id))[:limit]

    async def delete_group(self, collection: str, group: str) -> None:
        """Remove the group's vectors; the collection keeps its dimension."""
        await self._folder.write(partial(_delete_group, collection, group))

    async def ids(self, collection: str, group: str) -> set[str]:
        """Return the ids of the group's vectors."""
        return await self._folder.read(partial(_ids, collection, group))

    async def close(self) -> None:
        """Let go of the folder's files; the next call opens them again."""
        await self._folder.close()

    def _upsert(self, collection: str, vectors: Sequence[Vector], client: "Client") -> None:
        dimension = len(vectors[0].embedding)
        found = client.get_or_create_collection(
            _name(collection),
            metadata={"collection": collection, "dimension": dimension},
            configuration={
                "hnsw": {
                    "space": "cosine",
                    "ef_search": self._settings.ef_search,
                    "ef_construction": self._settings.ef_construction,
                }
            },
            embedding_function=None,
        )
        _check_dimension(collection, dimension, _dimension(found))
        for part in _parts(vectors, client.get_max_batch_size()):
            found.upsert(
                ids=[vector.id for vector in part],
                embeddings=list[Sequence[float] | Sequence[int]](vector.embedding for vector in part),
                metadatas=[{"group": vector.group} for vector in part],
            )


def _search(
    collection: str, embedding: list[float], limit: int, groups: Collection[str] | None, client: "Client"
) -> list[VectorHit]:
    found = _find(client, collection)
    if found is None:
        return []
    _check_dimension(collection, len(embedding), _dimension(found))
    if groups is None:
        return _nearest(found, embedding, limit, None)
    parts = _parts(sorted(set(groups)), _GROUPS_AT_ONCE)
    return [hit for part in parts for hit in _nearest(found, embedding, limit, part)]


def _nearest(
    found: "ChromaCollection", embedding: list[float], limit: int, groups: Sequence[str] | None
) -> list[VectorHit]:
    """Fetch beyond the limit until the tie at its edge is complete, so that ids can decide it."""
    wanted = limit + _FETCHED_BEYOND
    where = None if groups is None else cast("Where", {"group": {"$in": list(groups)}})
    while True:
        answer = found.query(query_embeddings=embedding, n_results=wanted, where=where, include=["distances"])
        distances = (answer["distances"] or [[]])[0]
        if len(distances) < wanted or distances[limit - 1] < distances[-1]:
            similarities = [max(-1.0, min(1.0, 1.0 - distance)) for distance in distances]
            return list(map(VectorHit, answer["ids"][0], similarities))
        wanted *= 4


def _delete_group(collection: str, group: str, client: "Client") -> None:
    found = _find(client, collection)
    if found is not None:
        found.delete(where={"group": group})


def _ids(collection: str, group: str, client: "Client") -> set[str]:
    found = _find(client, collection)
    return set() if found is None else set(found.get(where={"group": group}, include=[])["ids"])


def _find(client: "Client", collection: str) -> "ChromaCollection | None":
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(_name(collection), embedding_function=None)
    except NotFoundError:
        return None


def _name(collection: str) -> str:
    """Chroma's names are short and of few characters; ours are free."""
    return f"c-{hashlib.sha256(collection.encode('utf-8')).hexdigest()[:48]}"


def _dimension(found: "ChromaCollection") -> int:
    return int((found.metadata or {})["dimension"])


def _check(collection: str, embedding: Sequence[float], dimension: int) -> None:
    _check_dimension(collection, len(embedding), dimension)
    if not all(map(math.isfinite, embedding)):
        raise VectorStoreError(f"an embedding for collection {collection!r} has a component that is not finite")


def _check_dimension(collection: str, given: int, expected: int) -> None:
    if given != expected:
        raise DimensionMismatch(
            f"collection {collection!r} holds vectors of dimension {expected} and was given one of {given}; "
            "rebuild it if the embedder was changed"
        )


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
