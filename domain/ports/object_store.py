"""The store through which machines exchange what they learnt."""

from collections.abc import AsyncIterator
from typing import Protocol


class ObjectStorePort(Protocol):
    """Immutable objects by name."""

    async def put_new(self, name: str, content: bytes) -> bool:
        """Write an object unless the name is taken, in one atomic step. Return whether it was written.

        Raises:
            StorageError: the store cannot be reached (`retryable=True`) or refuses.
        """
        ...

    async def get(self, name: str) -> bytes:
        """Return an object.

        Raises:
            NotFound: there is none of that name.
            StorageError: the store cannot be reached.
        """
        ...

    def names(self, prefix: str, *, after: str = "") -> AsyncIterator[str]:
        """Yield the names that begin with `prefix` and sort after `after`, sorted."""
        ...
