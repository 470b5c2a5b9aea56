"""Requests in `requests.db`."""

import sqlite3
from datetime import datetime
from pathlib import Path

from rookery.adapters.support.sqlite import Schema
from rookery.domain.ports.request_ledger import Entry, RequestLedgerPort

_TABLES = """
CREATE TABLE requests (key TEXT PRIMARY KEY, digest TEXT NOT NULL, at REAL NOT NULL, answer TEXT) WITHOUT ROWID;
CREATE INDEX requests_by_time ON requests (at)
"""
SCHEMA = Schema("requests.db", [_TABLES])


class SqliteRequestLedger(RequestLedgerPort):
    """What is too old is dropped with each request that is entered."""

    def __init__(self, home: Path) -> None:
        self._database = SCHEMA.at(home)

    async def claim(self, key: str, entry: Entry, *, since: datetime) -> Entry | None:
        def write(connection: sqlite3.Connection) -> Entry | None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM requests WHERE at < ?", (since.timestamp(),))
            row = connection.execute("SELECT digest, at, answer FROM requests WHERE key = ?", (key,)).fetchone()
            if row is not None:
                return Entry(row[0], datetime.fromtimestamp(row[1], entry.at.tzinfo), row[2])
            new = (key, entry.digest, entry.at.timestamp(), entry.answer)
            connection.execute("INSERT INTO requests VALUES (?, ?, ?, ?)", new)
            return None

        return await self._database.run(write)

    async def answer(self, key: str, answer: str) -> None:
        update = "UPDATE requests SET answer = ? WHERE key = ?"
        await self._database.run(lambda connection: connection.execute(update, (answer, key)))

    async def release(self, key: str) -> None:
        delete = "DELETE FROM requests WHERE key = ?"
        await self._database.run(lambda connection: connection.execute(delete, (key,)))

    def close(self) -> None:
        """Close the file."""
        self._database.close()
