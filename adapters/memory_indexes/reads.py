"""The tables of `memory-index.db`, and what is read from them."""

import sqlite3
from collections.abc import Collection, Iterable, Sequence

from rookery.adapters.memory_indexes.codes import Codes
from rookery.adapters.memory_indexes.selection import cut
from rookery.adapters.memory_indexes.view import Embeddings
from rookery.adapters.support.sqlite import Schema
from rookery.domain.memories import Slot
from rookery.domain.ports.memory_index import Change, IndexState

_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE namespaces (name TEXT PRIMARY KEY, memories INTEGER NOT NULL, cursor INTEGER NOT NULL);
CREATE TABLE slots (
  doc INTEGER PRIMARY KEY, namespace TEXT NOT NULL, key TEXT NOT NULL, cursor INTEGER NOT NULL, live INTEGER NOT NULL,
  embedded INTEGER NOT NULL DEFAULT 0, time REAL NOT NULL, source TEXT, speaker TEXT NOT NULL, flags INTEGER NOT NULL,
  importance REAL NOT NULL,
  postings BLOB NOT NULL, body TEXT NOT NULL, UNIQUE (namespace, key)
);
CREATE INDEX slots_by_cursor ON slots (namespace, cursor);
CREATE INDEX slots_by_time ON slots (time, doc) WHERE live;
CREATE INDEX slots_unembedded ON slots (cursor) WHERE live AND NOT embedded;
CREATE TABLE tags (doc INTEGER NOT NULL REFERENCES slots ON DELETE CASCADE, tag TEXT NOT NULL,
  PRIMARY KEY (doc, tag)) WITHOUT ROWID;
CREATE INDEX tags_by_name ON tags (tag, doc);
CREATE TABLE terms (id INTEGER PRIMARY KEY, term TEXT NOT NULL UNIQUE);
CREATE TABLE embeddings (
  serial INTEGER PRIMARY KEY AUTOINCREMENT, doc INTEGER NOT NULL UNIQUE REFERENCES slots ON DELETE CASCADE,
  namespace TEXT NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX embeddings_of ON embeddings (namespace, serial)
"""
_READ_AT_ONCE = 4096  # embeddings
SCHEMA = Schema("memory-index.db", [_TABLES], durable=False)


def state(connection: sqlite3.Connection) -> IndexState:
    """Return how far the index has come."""
    facts = dict(connection.execute("SELECT name, value FROM facts"))
    return IndexState(facts.get("journal"), int(facts.get("cursor", 0)), facts.get("model"))


def fact(connection: sqlite3.Connection, name: str) -> str | None:
    """Return what is noted under a name."""
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def dimension(connection: sqlite3.Connection) -> int | None:
    """Return how long the embeddings are; None where there is none."""
    row = connection.execute("SELECT LENGTH(vector) / 4 FROM embeddings LIMIT 1").fetchone()
    return None if row is None else int(row[0])


def bodies(connection: sqlite3.Connection, *, slots: Collection[Slot]) -> dict[Slot, str]:
    """Return the memories that hold in slots, as JSON."""
    query = "SELECT key, body FROM slots WHERE namespace = ? AND key IN ({}) AND live"
    found: dict[Slot, str] = {}
    for namespace in {slot.namespace for slot in slots}:
        keys = [slot.key for slot in slots if slot.namespace == namespace]
        found |= {Slot(namespace, key): body for key, body in cut(connection, query, keys, first=[namespace])}
    return found


def docs_of(connection: sqlite3.Connection, namespace: str, keys: Sequence[str]) -> dict[str, int]:
    """Return the numbers of the memories that hold, by their keys."""
    query = "SELECT key, doc FROM slots WHERE namespace = ? AND key IN ({}) AND live"
    return dict(cut(connection, query, keys, first=[namespace]))


def term_ids(connection: sqlite3.Connection, terms: Iterable[str]) -> dict[str, int | None]:
    """Return the numbers of terms; None for one that no memory has."""
    wanted = sorted(set(terms))
    ids = {term: id_ for id_, term in cut(connection, "SELECT id, term FROM terms WHERE term IN ({})", wanted)}
    return {term: ids.get(term) for term in wanted}


def changes(connection: sqlite3.Connection, *, namespace: str, model: str, after: int, limit: int) -> list[Change]:
    """Return what changed since a cursor, up to the first memory that has no embedding yet."""
    if fact(connection, "model") != model:
        return []
    query = """
        SELECT key, cursor, live, vector FROM slots LEFT JOIN embeddings USING (doc)
        WHERE slots.namespace = ? AND cursor > ? ORDER BY cursor LIMIT ?
    """
    changes = []
    for key, cursor, live, vector in connection.execute(query, (namespace, after, limit)):
        if live and vector is None:
            break
        embedding = memoryview(vector).cast("f") if live else None
        changes.append(Change(Slot(namespace, key), cursor, embedding))
    return changes


def read_embeddings(connection: sqlite3.Connection, namespace: str, into: Embeddings | Codes) -> None:
    """Put the embeddings that were stored since the last time into memory, part by part."""
    query = "SELECT serial, doc, vector FROM embeddings WHERE namespace = ? AND serial > ? ORDER BY serial LIMIT ?"
    while rows := connection.execute(query, (namespace, into.seen, _READ_AT_ONCE)).fetchall():
        into.add({doc: vector for _, doc, vector in rows})
        into.seen = rows[-1][0]
