"""Snapshots for as long as the process lives."""

from rookery.domain.errors import NotFound
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.sources import Snapshot


class InMemorySnapshotStore(SnapshotStorePort):
    """A dictionary of snapshots."""

    def __init__(self) -> None:
        self._snapshots: dict[str, Snapshot] = {}

    async def put(self, snapshot: Snapshot) -> None:
        self._snapshots.setdefault(snapshot.sha256, snapshot)

    async def get(self, sha256: str) -> Snapshot:
        if sha256 not in self._snapshots:
            raise NotFound(f"there is no snapshot {sha256}")
        return self._snapshots[sha256]
