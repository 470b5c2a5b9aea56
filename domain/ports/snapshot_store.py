"""The store of source texts."""

from typing import Protocol

from rookery.domain.sources import Snapshot


class SnapshotStorePort(Protocol):
    """Keeps the text of each source under its digest, for ever. Safe to call concurrently."""

    async def put(self, snapshot: Snapshot) -> None:
        """Store a snapshot. One that is there already is left as it is.

        Raises:
            StorageError: it cannot be written.
        """
        ...

    async def get(self, sha256: str) -> Snapshot:
        """Return a snapshot.

        Raises:
            NotFound: there is none of that digest.
            StorageError: it cannot be read, or its text no longer has that digest.
        """
        ...
