"""A store whose line breaks when a test says so."""

from collections.abc import AsyncIterator

from rookery.domain.errors import StorageError
from rookery.domain.ports.object_store import ObjectStorePort


class LossyObjectStore(ObjectStorePort):
    """Fails the next calls instead of making them, or makes the next writes and loses the answer."""

    def __init__(self, inner: ObjectStorePort) -> None:
        self._inner = inner
        self.failures = 0
        self.lost_answers = 0

    async def put_new(self, name: str, content: bytes) -> bool:
        self._fail_if_due()
        written = await self._inner.put_new(name, content)
        if self.lost_answers:
            self.lost_answers -= 1
            raise StorageError("the answer was lost", retryable=True)
        return written

    async def get(self, name: str) -> bytes:
        self._fail_if_due()
        return await self._inner.get(name)

    async def names(self, prefix: str, *, after: str = "") -> AsyncIterator[str]:
        self._fail_if_due()
        async for name in self._inner.names(prefix, after=after):
            yield name

    async def close(self) -> None:
        await self._inner.close()

    def _fail_if_due(self) -> None:
        if self.failures:
            self.failures -= 1
            raise StorageError("the store cannot be reached", retryable=True)
