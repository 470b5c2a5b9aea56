"""Chroma behind `VectorStorePort`: in a folder of one's own, or a server."""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from rookery.adapters.vector_stores.chroma.collections import (
    Batch,
    Collections,
    Tuning,
    check_dimension,
)
from rookery.adapters.vector_stores.chroma.folder import Folder, folder_at
from rookery.adapters.vector_stores.chroma.server import Address, Server
from rookery.adapters.vector_stores.header_secret import HeaderSecret
from rookery.domain.errors import VectorStoreError
from rookery.domain.ports.vector_store import Vector, VectorHit, VectorStorePort

if TYPE_CHECKING:
    from rookery.adapters.vector_stores.chroma.collections import Rows

_WRITTEN_AT_ONCE = 2000  # keeps a search that comes in between waiting for about a second


class Settings(BaseModel):
    """Where the index lies and how thoroughly it searches."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    path: Path = Field(default=Path("chroma"), description="a folder; a relative one lies in Rookery's home")
    url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s@?#]+$",
        description="a Chroma server instead of the folder: http://127.0.0.1:8000",
    )
    token: HeaderSecret | None = Field(default=None, description="where the server or its gateway asks for one")
    tenant: str = Field(default="default_tenant", description="on the server")
    database: str = Field(default="default_database", description="on the server")
    timeout_seconds: float = Field(default=30.0, gt=0, description="without an answer of the server")
    ef_search: int = Field(default=500, ge=10, description="candidates looked at by a search: recall against time")
    ef_construction: int = Field(default=100, ge=10, description="the same while the index is built")


class ChromaVectorStore(VectorStorePort):
    """Collections of cosine distance, searched by HNSW, which may miss a few of the nearest.

    Of hundreds of equal vectors it may never find some.

    A folder is opened by the first call. Several stores and several processes may use it, one call at a time. A server
    is connected to by the first call, and again by the call after a failure.
    A filter by many groups of a large collection costs up to a second: prefer a collection for each namespace.

    Args:
        settings: the folder or server, and the search.
        home: Rookery's home folder.
    """

    def __init__(self, settings: Settings, *, home: Path) -> None:
        self._tuning = Tuning(settings.ef_search, settings.ef_construction)
        self._place = _place(settings, home)

    async def upsert(self, collection: str, vectors: Sequence[Vector]) -> None:
        """Store the vectors, the last one of an id; all are checked before any is written."""
        if vectors:
            latest = await asyncio.to_thread(_checked, collection, vectors)
            for start in range(0, len(latest.vectors), _WRITTEN_AT_ONCE):
                part = slice(start, start + _WRITTEN_AT_ONCE)
                batch = Batch(latest.vectors[part], latest.rows[part])
                await self._place.write(
                    partial(Collections.upsert, collection=collection, batch=batch, tuning=self._tuning)
                )

    async def search(
        self, collection: str, embedding: list[float], *, limit: int, groups: Collection[str] | None = None
    ) -> list[VectorHit]:
        """Return the nearest vectors that the index finds."""
        row = _rows(collection, [embedding])[0]
        if limit < 1:
            return []
        search = partial(Collections.search, collection=collection, row=row, limit=limit, groups=groups)
        hits = await self._place.read(search)
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.id))[:limit]

    async def delete_group(self, collection: str, group: str) -> None:
        """Remove the group's vectors; the collection keeps its dimension."""
        await self._place.write(partial(Collections.delete_group, collection=collection, group=group))

    async def delete(self, collection: str, ids: Collection[str]) -> None:
        """Remove the vectors of these ids; the collection keeps its dimension."""
        if ids:
            await self._place.write(partial(Collections.delete, collection=collection, ids=list(ids)))

    async def count(self, collection: str) -> int:
        """Return how many vectors the collection has."""
        return await self._place.read(partial(Collections.count, collection=collection))

    async def note(self, collection: str) -> str | None:
        """Return the collection's note."""
        return await self._place.read(partial(Collections.note, collection=collection))

    async def set_note(self, collection: str, note: str) -> None:
        """Replace the collection's note; Chroma syncs its database with every write."""
        await self._place.write(partial(Collections.set_note, collection=collection, note=note))

    async def drop(self, collection: str) -> None:
        """Remove the collection."""
        await self._place.drop(collection)

    async def reset(self) -> None:
        """Empty the folder, even one that Chroma cannot open; of a server, remove what is ours."""
        await self._place.reset()

    async def ids(self, collection: str, group: str) -> set[str]:
        """Return the ids of the group's vectors."""
        return await self._place.read(partial(Collections.ids, collection=collection, group=group))

    async def close(self) -> None:
        """Let go of files and connections; the next call opens them again."""
        await self._place.close()


def _place(settings: Settings, home: Path) -> Folder | Server:
    if settings.url is None:
        return folder_at(home / settings.path)
    return Server(Address(settings.url, settings.token, settings.tenant, settings.database, settings.timeout_seconds))


def _checked(collection: str, vectors: Sequence[Vector]) -> Batch:
    rows = _rows(collection, [vector.embedding for vector in vectors])
    last = list({vector.id: index for index, vector in enumerate(vectors)}.values())
    return Batch([vectors[index] for index in last], rows[last])


def _rows(collection: str, embeddings: Sequence[Sequence[float]]) -> "Rows":
    """Return the embeddings in single precision, as Chroma keeps them."""
    import numpy as np

    for embedding in embeddings:
        check_dimension(collection, len(embedding), len(embeddings[0]))
    with np.errstate(over="ignore"):
        rows = np.array(embeddings, dtype=np.float32)
    if not np.isfinite(rows).all():
        raise VectorStoreError(f"an embedding for collection {collection!r} has a component that is not finite")
    return rows
