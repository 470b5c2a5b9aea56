"""Where this home stands with the remote stores, in `sync.db`."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rookery.adapters.support.sqlite import Schema
from rookery.domain.errors import Conflict
from rookery.domain.ports.sync_ledger import SyncLedgerPort
from rookery.domain.sync import Standing

_TABLES = "CREATE TABLE standings (remote TEXT PRIMARY KEY, body TEXT NOT NULL)"
SCHEMA = Schema("sync.db", [_TABLES])


class SqliteSyncLedger(SyncLedgerPort):
    """One row for each remote store, replaced in one step; the turn is a file lock, which ends with its process."""

    def __init__(self, home: Path) -> None:
        self._database = SCHEMA.at(home)
        self._home = home

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(self._home / "sync.lock", thread_local=False)
        try:
            await asyncio.to_thread(lock.acquire, timeout=0)
        except Timeout as error:
            raise Conflict("another process syncs this home; wait until it is done") from error
        try:
            yield
        finally:
            lock.release()

    async def load(self, remote: str) -> Standing | None:
        query = "SELECT body FROM standings WHERE remote = ?"
        row = await self._database.run(lambda connection: connection.execute(query, (remote,)).fetchone())
        return None if row is None else Standing.model_validate_json(row[0])

    async def save(self, remote: str, standing: Standing) -> None:
        def write(connection: sqlite3.Connection) -> None:
            row = (remote, standing.model_dump_json())
            connection.execute("INSERT OR REPLACE INTO standings VALUES (?, ?)", row)

        await self._database.run(write)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
