"""An inbox in `inbox.db`."""

import sqlite3
from datetime import timedelta
from pathlib import Path

from rookery.adapters.support.sqlite import Schema
from rookery.domain.letters import Letter
from rookery.domain.ports.inbox import InboxPort

_KEPT = timedelta(days=7)
_TABLES = """CREATE TABLE letters (
    key TEXT PRIMARY KEY, door TEXT NOT NULL, body TEXT NOT NULL, received_at TEXT NOT NULL, run_id TEXT,
    settled INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID"""
SCHEMA = Schema("inbox.db", [_TABLES])


class SqliteInbox(InboxPort):
    """Letters for all processes of a home. The body of one that is settled is not kept."""

    def __init__(self, home: Path) -> None:
        self._database = SCHEMA.at(home)

    async def receive(self, letter: Letter) -> bool:
        row = (letter.key, letter.door, letter.body, letter.received_at.isoformat())

        def write(connection: sqlite3.Connection) -> bool:
            since = (letter.received_at - _KEPT).isoformat()
            connection.execute("DELETE FROM letters WHERE settled AND received_at < ?", (since,))
            kept = "INSERT OR IGNORE INTO letters (key, door, body, received_at) VALUES (?, ?, ?, ?)"
            return connection.execute(kept, row).rowcount == 1

        return await self._database.run(write)

    async def assign(self, key: str, run_id: str) -> None:
        await self._write("UPDATE letters SET run_id = ? WHERE key = ?", run_id, key)

    async def settle(self, key: str) -> None:
        await self._write("UPDATE letters SET settled = 1, body = '' WHERE key = ?", key)

    async def unsettled(self, door: str) -> list[Letter]:
        query = """SELECT key, door, body, received_at, run_id FROM letters WHERE NOT settled AND door = ?
                   ORDER BY received_at, key"""
        rows = await self._database.run(lambda connection: connection.execute(query, (door,)).fetchall())
        names = ("key", "door", "body", "received_at", "run_id")
        return [Letter.model_validate(dict(zip(names, row, strict=True))) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    async def _write(self, statement: str, *values: str) -> None:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(statement, values)

        await self._database.run(work)
