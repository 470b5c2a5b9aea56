"""A Weaviate server behind `VectorStorePort`."""

import asyncio
from collections.abc import Collection, Sequence

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from rookery.adapters.vector_stores.weaviate.collections import (
    GROUP,
    ID,
    Tuning,
    check_dimension,
    class_name,
    description,
    dimension_of,
    group_key,
    in_parts,
    is_ours,
    object_id,
    stored,
    unit_rows,
)
from rookery.adapters.vector_stores.weaviate.connection import Address, Connection
from rookery.adapters.vector_stores.weaviate.one_class import MAXIMUM_RESULTS, WeaviateClass
from rookery.adapters.vector_stores.weaviate.search import nearest
from rookery.domain.errors import VectorStoreError
from rookery.domain.ports.vector_store import Vector, VectorHit, VectorStorePort

_WRITTEN_AT_ONCE = 500


class Settings(BaseModel):
    """Where the server is and how thoroughly it searches."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str = Field(default="http://127.0.0.1:8080", pattern=r"^https?://[^/\s@?#]+/?$", description="of its REST API")
    grpc_host: str | None = Field(default=None, description="where it differs from the URL's host, as in the cloud")
    grpc_port: int = Field(default=50051, ge=1, le=65535, description="encrypted when the URL is https")
    api_key: SecretStr | None = Field(default=None, description="for a server that asks for one")
    prefix: str = Field(
        default="Rookery", pattern=r"^[A-Z][0-9A-Za-z]{0,63}$", description="of our classes; another user has another"
    )
    timeout_seconds: float = Field(default=30.0, gt=0, description="for the answer to one request")
    ef_search: int = Field(default=200, ge=10, description="candidates looked at by a search: recall against time")
    ef_construction: int = Field(default=200, ge=10, description="the same while the index is built")

    @field_validator("api_key")
    @classmethod
    def _fits_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        secret = "" if key is None else key.get_secret_value()
        if not (secret.isascii() and secret.isprintable()) or secret != secret.strip():
            raise ValueError("has characters that cannot be sent")
        return key


class WeaviateVectorStore(VectorStorePort):
    """Collections of cosine distance on a server, searched by HNSW, which may miss a few of the nearest.

    The server is connected to by the first call. Others may use it: their classes are left alone.

    Args:
        settings: the server and the search.
    """

    def __init__(self, settings: Settings) -> None:
        self._prefix = settings.prefix
        self._tuning = Tuning(settings.ef_search, settings.ef_construction)
        self._connection = Connection(
            Address(
                settings.url.rstrip("/"),
                settings.grpc_host,
                settings.grpc_port,
                settings.api_key,
                settings.timeout_seconds,
            )
        )

    async def upsert(self, collection: str, vectors: Sequence[Vector]) -> None:
        """Store the vectors, the last one of an id; all are checked before any is written."""
        if not vectors:
            return
        rows = await asyncio.to_thread(unit_rows, collection, [vector.embedding for vector in vectors])
        there = await self._made(collection, rows.shape[1])
        for part in in_parts(await asyncio.to_thread(stored, vectors, rows), _WRITTEN_AT_ONCE):
            await there.insert(part)

    async def search(
        self, collection: str, embedding: list[float], *, limit: int, groups: Collection[str] | None = None
    ) -> list[VectorHit]:
        """Return the nearest vectors that the index finds; beyond 10,000 hits, all vectors are fetched and compared."""
        row = unit_rows(collection, [embedding])[0].tolist()
        there = await self._found(collection, len(row))
        if there is None or limit < 1:
            return []
        hits = await nearest(there, row, limit, None if groups is None else sorted(set(groups)))
        bounded = [hit._replace(similarity=max(-1.0, min(1.0, hit.similarity))) for hit in hits]
        return sorted(bounded, key=lambda hit: (-hit.similarity, hit.id))[:limit]

    async def delete_group(self, collection: str, group: str) -> None:
        """Remove the group's vectors; the collection keeps its dimension."""
        there = await self._found(collection)
        if there is not None:
            await there.delete_group(group)

    async def delete(self, collection: str, ids: Collection[str]) -> None:
        """Remove the vectors of these ids; the collection keeps its dimension."""
        there = await self._found(collection) if ids else None
        if there is not None:
            await there.delete(list(map(object_id, ids)))

    async def count(self, collection: str) -> int:
        """Return how many vectors the collection has."""
        there = await self._found(collection)
        return 0 if there is None else await there.count()

    async def note(self, collection: str) -> str | None:
        """Return the collection's note."""
        there = await self._found(collection)
        return None if there is None else await there.note()

    async def set_note(self, collection: str, note: str) -> None:
        """Replace the collection's note; Weaviate has what came before it in its write-ahead log."""
        there = await self._found(collection)
        if there is None:
            raise VectorStoreError(f"collection {collection!r} has had no vector, so there is nothing to note it on")
        await there.set_note(note)

    async def drop(self, collection: str) -> None:
        """Remove the collection."""
        await self._class(collection).drop()

    async def reset(self) -> None:
        """Remove our classes, whatever is in them."""
        for name in await self._connection.call(lambda client: client.collections.list_all()):
            if is_ours(self._prefix, name):
                await WeaviateClass(self._connection, name).drop()

    async def ids(self, collection: str, group: str) -> set[str]:
        """Return the ids of the group's vectors; of a group beyond 10,000, the whole collection is read."""
        there = await self._found(collection)
        if there is None:
            return set()
        ids = await there.ids(group)
        if len(ids) < MAXIMUM_RESULTS:
            return set(ids)
        key = group_key(group)
        objects = there.everything(vectors=False)
        return {found.properties[ID] async for found in objects if str(found.properties[GROUP]) == key}

    async def close(self) -> None:
        """Close the connections; the next call opens them again."""
        await self._connection.close()

    def _class(self, collection: str) -> WeaviateClass:
        return WeaviateClass(self._connection, class_name(self._prefix, collection))

    async def _found(self, collection: str, dimension: int | None = None) -> WeaviateClass | None:
        """Return the collection's class, if there is one; it must be of the dimension."""
        there = self._class(collection)
        told = await there.description()
        if told is None:
            return None
        known = dimension_of(collection, told)
        if dimension is not None:
            check_dimension(collection, dimension, known)
        return there

    async def _made(self, collection: str, dimension: int) -> WeaviateClass:
        found = await self._found(collection, dimension)
        if found is None:
            await self._class(collection).create(description(collection, dimension), self._tuning)
            found = await self._found(collection, dimension)
        if found is None:
            raise VectorStoreError(
                f"collection {collection!r} was dropped while it was made; try again", retryable=True
            )
        return found
