"""The journal of memories in `memory.db`."""

import sqlite3
import uuid
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from rookery.adapters.journals.chain import NOTHING, link
from rookery.adapters.support.sqlite import Schema
from rookery.domain.errors import StorageError
from rookery.domain.memories import Memory, Slot
from rookery.domain.ports.memory_journal import Appended, Arrival, Entry, MemoryJournalPort

_TABLES = """
CREATE TABLE identity (name TEXT NOT NULL);
CREATE TABLE versions (
  cursor INTEGER PRIMARY KEY, version TEXT NOT NULL UNIQUE,
  namespace TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, past TEXT NOT NULL
);
CREATE INDEX versions_of_slot ON versions (namespace, key);
CREATE INDEX versions_of_id ON versions (id);
CREATE TRIGGER versions_are_never_changed BEFORE UPDATE ON versions
  BEGIN SELECT RAISE(ABORT, 'the journal is append only'); END;
CREATE TRIGGER versions_are_never_removed BEFORE DELETE ON versions
  BEGIN SELECT RAISE(ABORT, 'the journal is append only'); END
"""
_CHECKED_AT_ONCE = 1000


class _Row(NamedTuple):
    cursor: int
    version: str
    namespace: str
    key: str
    id: str
    body: str
    past: str


_LOOKED_UP_AT_ONCE = 10_000  # SQLite allows 32,766 variables in a statement
SCHEMA = Schema("memory.db", [_TABLES])


class SqliteMemoryJournal(MemoryJournalPort):
    """Each version as JSON beside what it is looked up by. Rows are only ever added: triggers refuse anything else."""

    def __init__(self, home: Path) -> None:
        self._database = SCHEMA.at(home)
        self._name: str | None = None
        self._past: tuple[int, str] | None = None

    async def identity(self) -> str:
        if self._name is None:
            self._name = await self._database.run(_identity)
        return self._name

    async def append(self, versions: Sequence[Memory]) -> Appended:
        for memory in versions:
            if memory.version != memory.digest():
                raise StorageError(f"memory {memory.id} is not the version that it is called ({memory.version[:12]})")
        return await self._database.run(partial(_append, versions=versions))

    async def end(self) -> int:
        return await self._database.run(_end, brief=True)

    async def past(self, cursor: int) -> str | None:
        if self._past is None or self._past[0] != cursor:  # every search asks for the same one
            past = await self._database.run(partial(_past, cursor=cursor), brief=True)
            self._past = None if past is None else (cursor, past)
            return past
        return self._past[1]

    async def after(self, cursor: int, *, limit: int) -> list[Entry]:
        query = "SELECT cursor, body FROM versions WHERE cursor > ? ORDER BY cursor LIMIT ?"
        rows = await self._database.run(lambda connection: connection.execute(query, (cursor, limit)).fetchall())
        return [Entry(place, _memory(body)) for place, body in rows]

    async def arrivals(self, cursor: int, *, limit: int) -> list[Arrival]:
        query = "SELECT cursor, namespace, key FROM versions WHERE cursor > ? ORDER BY cursor LIMIT ?"
        rows = await self._database.run(lambda connection: connection.execute(query, (cursor, limit)).fetchall())
        return [Arrival(place, Slot(namespace, key)) for place, namespace, key in rows]

    async def histories(self, slots: Collection[Slot]) -> dict[Slot, list[Memory]]:
        bodies = await self._database.run(partial(_histories, slots=slots))
        return {slot: [_memory(body) for body in found] for slot, found in bodies.items()}

    async def slots_of(self, memory_id: str) -> list[Slot]:
        query = "SELECT DISTINCT namespace, key FROM versions WHERE id = ? ORDER BY namespace, key"
        return await self._database.run(
            lambda connection: [Slot(*row) for row in connection.execute(query, (memory_id,))]
        )

    async def check(self) -> list[str]:
        problems = await self._database.run(_integrity)
        cursor, past = 0, NOTHING
        while found := await self._database.run(partial(_rows_after, cursor=cursor)):
            for row in found:
                problems += _problems(row, past)
                cursor, past = row.cursor, row.past
        return problems

    def close(self) -> None:
        """Close the file."""
        self._database.close()
        self._name = self._past = None


def _identity(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT name FROM identity").fetchone()
    if row is not None:
        return str(row[0])
    connection.execute("BEGIN IMMEDIATE")  # two processes may open a new home at once
    connection.execute("INSERT INTO identity SELECT ? WHERE NOT EXISTS (SELECT 1 FROM identity)", (uuid.uuid4().hex,))
    return str(connection.execute("SELECT name FROM identity").fetchone()[0])


def _append(connection: sqlite3.Connection, *, versions: Sequence[Memory]) -> Appended:
    connection.execute("BEGIN IMMEDIATE")
    before = _end(connection)
    insert = "INSERT OR IGNORE INTO versions (version, namespace, key, id, body, past) VALUES (?, ?, ?, ?, ?, ?)"
    past = _past(connection, cursor=before) or NOTHING
    for memory in versions:
        chained = link(past, memory.version)
        row = (memory.version, *memory.slot, memory.id, memory.model_dump_json(), chained)
        if connection.execute(insert, row).rowcount:
            past = chained
    after = _end(connection)
    return Appended(after - before, before + 1, after)


def _end(connection: sqlite3.Connection) -> int:
    end: int = connection.execute("SELECT COALESCE(MAX(cursor), 0) FROM versions").fetchone()[0]
    return end


def _past(connection: sqlite3.Connection, *, cursor: int) -> str | None:
    if cursor == 0:
        return NOTHING
    row = connection.execute("SELECT past FROM versions WHERE cursor = ?", (cursor,)).fetchone()
    return None if row is None else str(row[0])


def _memory(body: str) -> Memory:
    try:
        return Memory.model_validate_json(body)
    except ValidationError as error:
        raise StorageError(
            "a version in memory.db cannot be read: a newer Rookery wrote it, or another program changed it; "
            "update Rookery, or restore the file from a backup"
        ) from error


def _histories(connection: sqlite3.Connection, *, slots: Collection[Slot]) -> dict[Slot, list[str]]:
    query = "SELECT key, body FROM versions WHERE namespace = ? AND key IN ({}) ORDER BY cursor"
    found: dict[Slot, list[str]] = {}
    for namespace in {slot.namespace for slot in slots}:
        keys = [slot.key for slot in slots if slot.namespace == namespace]
        for start in range(0, len(keys), _LOOKED_UP_AT_ONCE):
            part = keys[start : start + _LOOKED_UP_AT_ONCE]
            for key, body in connection.execute(query.format(",".join("?" * len(part))), (namespace, *part)):
                found.setdefault(Slot(namespace, key), []).append(body)
    return found


def _integrity(connection: sqlite3.Connection) -> list[str]:
    return [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]


def _rows_after(connection: sqlite3.Connection, *, cursor: int) -> list[_Row]:
    query = """
        SELECT cursor, version, namespace, key, id, body, past FROM versions WHERE cursor > ? ORDER BY cursor LIMIT ?
    """
    return [_Row(*row) for row in connection.execute(query, (cursor, _CHECKED_AT_ONCE))]


def _problems(row: _Row, past: str) -> Iterator[str]:
    if row.past != link(past, row.version):
        yield f"what stood before version {row.cursor} was changed"
    try:
        memory = Memory.model_validate_json(row.body)
    except ValidationError as error:
        yield f"version {row.cursor} cannot be read: {error.error_count()} faults"
        return
    if (memory.version, memory.namespace, memory.key, memory.id) != row[1:5]:
        yield f"version {row.cursor} is filed under another name than its own"
    elif memory.digest() != row.version:
        yield f"version {row.cursor} is not what its digest says"
