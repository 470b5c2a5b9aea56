"""The store through which machines exchange what they learnt."""

from collections.abc import AsyncIterator
from typing import Protocol


class ObjectStorePort(Protocol):
    """Immutable objects by name, shared by several machines. Safe to call concurrently.

    A name is parts joined by `/`, at most 900 bytes as UTF-8. A part has 1 to 255 bytes, no control character and no
    backslash, and does not begin with a dot: such files are the store's own. A name is not the beginning of another
    up to a `/`.
    """

    async def put_new(self, name: str, content: bytes) -> bool:
        """Write an object unless the name is taken, in one atomic and durable step. Return whether this call wrote it.

        After a StorageError the object may have been written all the same; the next call then returns False.

        Raises:
            InvalidRequest: the name breaks the rules above.
            StorageError: the store cannot be reached (`retryable=True`) or refuses.
        """
        ...

    async def get(self, name: str) -> bytes:
        """Return an object.

        Raises:
            NotFound: there is none of that name.
            InvalidRequest: the name breaks the rules above.
            StorageError: the store cannot be reached (`retryable=True`) or refuses, or the object is damaged.
        """
        ...

    def names(self, prefix: str, *, after: str = "") -> AsyncIterator[str]:
        """Yield the names that begin with `prefix` and sort after `after`, sorted by code points.

        What does not keep the rules for names is passed over.

        Raises:
            StorageError: the store cannot be reached (`retryable=True`) or refuses.
        """
        ...

    async def close(self) -> None:
        """Release connections; the next call opens them again."""
        ...
