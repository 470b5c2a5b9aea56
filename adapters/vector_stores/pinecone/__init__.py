"""Pinecone behind `VectorStorePort`."""

import asyncio
import os
import threading
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from rookery.adapters.vector_stores.header_secret import HeaderSecret
from rookery.adapters.vector_stores.pinecone.errors import translated
from rookery.adapters.vector_stores.pinecone.indexes import Indexes
from rookery.adapters.vector_stores.pinecone.namespace import (
    Freshness,
    Namespace,
    erase,
    is_ours,
    namespace_of,
    query_of,
)
from rookery.adapters.vector_stores.pinecone.records import check
from rookery.adapters.vector_stores.pinecone.registry import NAMESPACE, Registry
from rookery.domain.errors import ConfigurationError, VectorStoreError
from rookery.domain.ports.vector_store import Vector, VectorHit, VectorStorePort

T = TypeVar("T")

_GROUPS_AT_ONCE = 10_000  # that a filter of Pinecone takes


def _key_of_environment() -> SecretStr | None:
    key = os.environ.get("PINECONE_API_KEY", "").strip()
    return SecretStr(key) if key else None


class Settings(BaseModel):
    """Whose project it is, and where its indexes are made."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api_key: HeaderSecret | None = Field(default_factory=_key_of_environment, description="default: PINECONE_API_KEY")
    host: str = Field(
        default="https://api.pinecone.io", pattern=r"^https?://[^\s@?#]+$", description="of the control plane"
    )
    index: str = Field(
        default="rookery",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,36}[a-z0-9])?$",
        description="the indexes' names begin with it; the dimension follows: rookery-384",
    )
    cloud: str = Field(default="aws", description="in which a missing index is made, serverless")
    region: str = Field(default="us-east-1", description="of the cloud")
    timeout_seconds: float = Field(default=30.0, gt=0, description="for one attempt of a request")
    ready_seconds: float = Field(default=120.0, gt=0, description="until a new index serves")
    freshness_seconds: float = Field(default=10.0, ge=0, description="until a search finds what was just stored")


class PineconeVectorStore(VectorStorePort):
    """Collections of cosine distance: namespaces of one serverless index for each dimension, made when missing.

    Pinecone is eventually consistent. What a write has confirmed is durable, but reads may miss it for some seconds.
    `search` waits, up to `freshness_seconds`, until it finds what this store has upserted; afterwards it returns what
    there is. It does not wait for deletions, nor for what another process wrote. `ids` and `count` do not wait at all,
    and `count` lags behind most. `note` may return the note before the last: whoever follows a source by it does some
    of its work again, and loses nothing. `delete` and `drop` take effect in the order of the writes.

    A search returns at most 10,000 vectors. Others may use the project: only our namespaces are touched.

    Args:
        settings: the project and the indexes.

    Raises:
        ConfigurationError: there is no API key, or (by the first call) no client library.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.api_key is None:
            raise ConfigurationError("Pinecone needs a key: set PINECONE_API_KEY or `vector_stores.pinecone.api_key`")
        self._settings = settings
        self._opening = threading.Lock()
        self._session: _Session | None = None

    async def upsert(self, collection: str, vectors: Sequence[Vector]) -> None:
        """Store the vectors, the last one of an id; all are checked before any is written."""
        if vectors:
            await self._run(lambda session: session.upsert(collection, vectors))

    async def search(
        self, collection: str, embedding: list[float], *, limit: int, groups: Collection[str] | None = None
    ) -> list[VectorHit]:
        """Return the nearest vectors that the index finds."""
        hits = await self._run(lambda session: session.search(collection, embedding, limit, groups))
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.id))[: max(limit, 0)]

    async def delete_group(self, collection: str, group: str) -> None:
        """Remove the group's vectors; the collection keeps its dimension."""
        await self._run(lambda session: session.on(collection, lambda vectors: vectors.delete_group(group), None))

    async def delete(self, collection: str, ids: Collection[str]) -> None:
        """Remove the vectors of these ids; the collection keeps its dimension."""
        await self._run(lambda session: session.on(collection, lambda vectors: vectors.delete(ids), None))

    async def count(self, collection: str) -> int:
        """Return how many vectors Pinecone has counted so far."""
        return await self._run(lambda session: session.on(collection, lambda vectors: vectors.count(), 0))

    async def note(self, collection: str) -> str | None:
        """Return the collection's note, or an earlier one."""
        entry = await self._run(lambda session: session.registry.entry(collection))
        return None if entry is None else entry.note

    async def set_note(self, collection: str, note: str) -> None:
        """Replace the collection's note."""
        await self._run(lambda session: session.registry.set_note(collection, note))

    async def drop(self, collection: str) -> None:
        """Remove the collection from every index of ours. One that failed half-way is finished by another."""
        await self._run(lambda session: session.drop(collection))

    async def reset(self) -> None:
        """Empty our namespaces in every index of ours. The indexes stay: a new one takes a minute."""
        await self._run(lambda session: session.reset())

    async def ids(self, collection: str, group: str) -> set[str]:
        """Return the ids of the group's vectors."""
        return await self._run(lambda session: session.on(collection, lambda vectors: set(vectors.ids(group)), set()))

    async def close(self) -> None:
        """Close the connections; the next call opens them again."""
        with self._opening:
            session, self._session = self._session, None
        if session is not None:
            await asyncio.to_thread(session.indexes.close)

    async def _run(self, call: "Callable[[_Session], T]") -> T:
        return await asyncio.to_thread(self._translated, call)

    def _translated(self, call: "Callable[[_Session], T]") -> T:
        with translated(self._settings.host):
            session = self._open()
            try:
                return call(session)
            except VectorStoreError:
                raise
            except Exception:
                session.forget()
                raise

    def _open(self) -> "_Session":
        with self._opening:
            if self._session is None:
                self._session = _session(self._settings)
            return self._session


class _Session(NamedTuple):
    """What is open between the first call and `close`. Blocking."""

    indexes: Indexes
    registry: Registry
    freshness: Freshness

    def upsert(self, collection: str, vectors: Sequence[Vector]) -> None:
        dimension = len(vectors[0].embedding)
        for vector in vectors:
            check(collection, vector.embedding, dimension)
        index = self.registry.add(collection, dimension)
        latest = list({vector.id: vector for vector in vectors}.values())
        Namespace(index, collection, self.freshness).upsert(latest)

    def search(
        self, collection: str, embedding: Sequence[float], limit: int, groups: Collection[str] | None
    ) -> list[VectorHit]:
        known = self.registry.index(collection)
        if known is None:
            return []
        check(collection, embedding, known[1])
        if limit < 1:
            return []
        vectors = Namespace(known[0], collection, self.freshness)
        if groups is None:
            return vectors.search(query_of(embedding, None), limit)
        named = sorted(set(groups))
        parts = [named[start : start + _GROUPS_AT_ONCE] for start in range(0, len(named), _GROUPS_AT_ONCE)]
        return [hit for part in parts for hit in vectors.search(query_of(embedding, part), limit)]

    def on(self, collection: str, call: Callable[[Namespace], T], without: T) -> T:
        known = self.registry.index(collection)
        return without if known is None else call(Namespace(known[0], collection, self.freshness))

    def drop(self, collection: str) -> None:
        for index in self.indexes.all().values():
            self.registry.remove(collection, index)
            erase(index, namespace_of(collection), {"delete_all": True})

    def reset(self) -> None:
        self.registry.forget()
        for index in self.indexes.all().values():
            erase(index, NAMESPACE, {"delete_all": True})
            found = [space.name for page in index.list_namespaces() for space in page.namespaces]
            for name in filter(is_ours, found):
                erase(index, name, {"delete_all": True})

    def forget(self) -> None:
        self.indexes.forget()
        self.registry.forget()


def _session(settings: Settings) -> _Session:
    from pinecone import Pinecone

    secret = settings.api_key.get_secret_value() if settings.api_key else ""
    client = Pinecone(api_key=secret, host=settings.host, timeout=settings.timeout_seconds)
    indexes = Indexes(
        client,
        name=settings.index,
        cloud=settings.cloud,
        region=settings.region,
        ready_seconds=settings.ready_seconds,
    )
    return _Session(indexes, Registry(indexes), Freshness(settings.freshness_seconds))
