"""A store of vectors that is down when a test says so."""

from collections.abc import Collection, Sequence

from rookery.adapters.vector_stores.in_memory import InMemoryVectorStore
from rookery.domain.errors import VectorStoreError
from rookery.domain.ports.vector_store import Vector, VectorHit, VectorStorePort


class FailingStore(VectorStorePort):
    """Raises `error` at each call as long as it is set; counts the searches that it answered.

    With `until_reset`, a reset takes the error away, as it does with a damaged folder.
    """

    def __init__(self) -> None:
        self.inner = InMemoryVectorStore()
        self.error: VectorStoreError | None = None
        self.until_reset = False
        self.searches = 0
        self.upserts = 0

    async def upsert(self, collection: str, vectors: Sequence[Vector]) -> None:
        self._fail_if_due()
        self.upserts += len(vectors)
        await self.inner.upsert(collection, vectors)

    async def search(
        self, collection: str, embedding: list[float], *, limit: int, groups: Collection[str] | None = None
    ) -> list[VectorHit]:
        self._fail_if_due()
        self.searches += 1
        return await self.inner.search(collection, embedding, limit=limit, groups=groups)

    async def delete_group(self, collection: str, group: str) -> None:
        self._fail_if_due()
        await self.inner.delete_group(collection, group)

    async def delete(self, collection: str, ids: Collection[str]) -> None:
        self._fail_if_due()
        await self.inner.delete(collection, ids)

    async def count(self, collection: str) -> int:
        self._fail_if_due()
        return await self.inner.count(collection)

    async def note(self, collection: str) -> str | None:
        self._fail_if_due()
        return await self.inner.note(collection)

    async def set_note(self, collection: str, note: str) -> None:
        self._fail_if_due()
        await self.inner.set_note(collection, note)

    async def drop(self, collection: str) -> None:
        self._fail_if_due()
        await self.inner.drop(collection)

    async def reset(self) -> None:
        if self.until_reset:
            self.error, self.until_reset = None, False
        self._fail_if_due()
        await self.inner.reset()

    async def ids(self, collection: str, group: str) -> set[str]:
        self._fail_if_due()
        return await self.inner.ids(collection, group)

    async def close(self) -> None:
        await self.inner.close()

    def _fail_if_due(self) -> None:
        if self.error is not None:
            raise self.error
