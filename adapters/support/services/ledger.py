"""What was sent to services, by the key of the delivery."""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from rookery.adapters.support.sqlite import Schema


class Posted(NamedTuple):
    """Where a part of a message is: the service's own name for it, and the page that shows it."""

    reference: str
    url: str | None = None


class Part(NamedTuple):
    """A part of a delivery that was begun; `posted` is None until the service has confirmed it."""

    digest: str
    begun_at: datetime
    posted: Posted | None


class DeliveryLedger(Protocol):
    """Remembers deliveries beyond the end of the process. Safe to call concurrently."""

    async def parts(self, key: str) -> dict[int, Part]:
        """Return the parts that were begun, by their numbers from 1."""
        ...

    async def begin(self, key: str, number: int, digest: str, at: datetime) -> None:
        """Note that a part is about to be sent; the first note stays. `digest` is that of the whole message."""
        ...

    async def finish(self, key: str, number: int, posted: Posted) -> None:
        """Note that a part has arrived."""
        ...

    async def forget(self, key: str, number: int) -> None:
        """Take back that a part was begun: the service has refused it."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


class InMemoryDeliveryLedger(DeliveryLedger):
    """Forgets everything with the process."""

    def __init__(self) -> None:
        self._parts: dict[str, dict[int, Part]] = {}

    async def parts(self, key: str) -> dict[int, Part]:
        return dict(self._parts.get(key, {}))

    async def begin(self, key: str, number: int, digest: str, at: datetime) -> None:
        self._parts.setdefault(key, {}).setdefault(number, Part(digest, at, None))

    async def finish(self, key: str, number: int, posted: Posted) -> None:
        self._parts[key][number] = self._parts[key][number]._replace(posted=posted)

    async def forget(self, key: str, number: int) -> None:
        self._parts.get(key, {}).pop(number, None)

    def close(self) -> None:
        pass


_TABLES = """
CREATE TABLE parts (
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    digest TEXT NOT NULL,
    begun_at TEXT NOT NULL,
    reference TEXT,
    url TEXT,
    PRIMARY KEY (key, number)
) WITHOUT ROWID
"""
SCHEMA = Schema("deliveries.db", [_TABLES])


class SqliteDeliveryLedger(DeliveryLedger):
    """Keeps deliveries in `deliveries.db`; what a call noted is durable when it returns."""

    def __init__(self, home: Path) -> None:
        self._database = SCHEMA.at(home)

    async def parts(self, key: str) -> dict[int, Part]:
        query = "SELECT number, digest, begun_at, reference, url FROM parts WHERE key = ? ORDER BY number"
        rows = await self._database.run(lambda connection: connection.execute(query, (key,)).fetchall())
        return {number: _part(*row) for number, *row in rows}

    async def begin(self, key: str, number: int, digest: str, at: datetime) -> None:
        statement = "INSERT OR IGNORE INTO parts (key, number, digest, begun_at) VALUES (?, ?, ?, ?)"
        await self._write(statement, key, number, digest, at.isoformat())

    async def finish(self, key: str, number: int, posted: Posted) -> None:
        statement = "UPDATE parts SET reference = ?, url = ? WHERE key = ? AND number = ?"
        await self._write(statement, posted.reference, posted.url, key, number)

    async def forget(self, key: str, number: int) -> None:
        await self._write("DELETE FROM parts WHERE key = ? AND number = ? AND reference IS NULL", key, number)

    def close(self) -> None:
        self._database.close()

    async def _write(self, statement: str, *values: object) -> None:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(statement, values)

        await self._database.run(work)


def _part(digest: str, begun_at: str, reference: str | None, url: str | None) -> Part:
    posted = None if reference is None else Posted(reference, url)
    return Part(digest, datetime.fromisoformat(begun_at), posted)
