"""Texts of sources, where machines share runs: kept here, and in the store for the others."""

import gzip
from typing import Protocol

from pydantic import ValidationError

from rookery.domain.errors import NotFound, StorageError
from rookery.domain.ports.object_store import ObjectStorePort
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.sources import Snapshot


class HomeSnapshotStore(SnapshotStorePort, Protocol):
    """A store of this machine."""

    def close(self) -> None:
        """Close its files."""
        ...


class SharedSnapshotStore(SnapshotStorePort):
    """Each text goes to the store once, under its digest; one that another machine has read is fetched when needed."""

    def __init__(self, home: HomeSnapshotStore, objects: ObjectStorePort) -> None:
        self._home = home
        self._objects = objects

    async def put(self, snapshot: Snapshot) -> None:
        await self._home.put(snapshot)
        await self.share(snapshot)

    async def get(self, sha256: str) -> Snapshot:
        try:
            return await self._home.get(sha256)
        except NotFound:
            content = await self._objects.get(_name(sha256))
        snapshot = _unpacked(sha256, content)
        await self._home.put(snapshot)
        return snapshot

    def close(self) -> None:
        """Close the home's files."""
        self._home.close()

    async def share(self, snapshot: Snapshot) -> None:
        """Put a text that lies here into the store, too.

        Raises:
            StorageError: the store cannot be reached.
        """
        await self._objects.put_new(_name(snapshot.sha256), gzip.compress(snapshot.model_dump_json().encode(), mtime=0))


def _name(sha256: str) -> str:
    return f"texts/{sha256}"


def _unpacked(sha256: str, content: bytes) -> Snapshot:
    try:
        snapshot = Snapshot.model_validate_json(gzip.decompress(content))
    except (ValidationError, OSError, EOFError) as error:
        raise StorageError(f"{_name(sha256)} in the shared store cannot be read") from error
    if snapshot.sha256 != sha256:
        raise StorageError(f"{_name(sha256)} in the shared store holds another text")
    return snapshot
