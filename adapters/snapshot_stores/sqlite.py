"""Snapshots in `snapshots.db`, their texts compressed."""

import json
import sqlite3
import zlib
from pathlib import Path

from rookery.adapters.support.sqlite import Schema
from rookery.domain.errors import NotFound, StorageError
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.sources import Snapshot

_TABLES = "CREATE TABLE snapshots (sha256 TEXT PRIMARY KEY, about TEXT NOT NULL, text BLOB NOT NULL) WITHOUT ROWID"
SCHEMA = Schema("snapshots.db", [_TABLES])


class SqliteSnapshotStore(SnapshotStorePort):
    """A text is checked against its digest each time it is read."""

    def __init__(self, home: Path) -> None:
        self._database = SCHEMA.at(home)

    async def put(self, snapshot: Snapshot) -> None:
        def write(connection: sqlite3.Connection) -> None:
            about = snapshot.model_dump_json(exclude={"text"})
            row = (snapshot.sha256, about, zlib.compress(snapshot.text.encode()))
            connection.execute("INSERT OR IGNORE INTO snapshots VALUES (?, ?, ?)", row)

        await self._database.run(write)

    async def get(self, sha256: str) -> Snapshot:
        def read(connection: sqlite3.Connection) -> tuple[str, bytes] | None:
            query = "SELECT about, text FROM snapshots WHERE sha256 = ?"
            row: tuple[str, bytes] | None = connection.execute(query, (sha256,)).fetchone()
            return row

        row = await self._database.run(read)
        if row is None:
            raise NotFound(f"there is no snapshot {sha256}")
        return _snapshot(sha256, *row)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _snapshot(sha256: str, about: str, compressed: bytes) -> Snapshot:
    try:
        text = zlib.decompress(compressed).decode()
        return Snapshot.model_validate(json.loads(about) | {"text": text})
    except (zlib.error, ValueError) as error:
        raise StorageError(f"snapshot {sha256} is damaged; read its source again") from error
