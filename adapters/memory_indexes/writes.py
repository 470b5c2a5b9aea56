"""Writing to `memory-index.db`, within a transaction."""

import secrets
import sqlite3
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from rookery.adapters.memory_indexes.reads import dimension, docs_of, fact
from rookery.adapters.memory_indexes.selection import cut
from rookery.adapters.memory_indexes.view import flags_of
from rookery.domain.errors import StoreDamaged
from rookery.domain.memories import Slot
from rookery.domain.ports.memory_index import Embedded, Holding


def wipe(connection: sqlite3.Connection) -> None:
    """Empty the file without removing it, so that processes which have it open see that it is empty."""
    connection.execute("BEGIN IMMEDIATE")
    for table in ("embeddings", "tags", "slots", "terms", "namespaces", "facts"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - of the names above
    [problem] = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if problem != "ok":
        raise StoreDamaged(f"the index of memories is damaged: {problem}")


def apply(
    connection: sqlite3.Connection,
    *,
    holdings: Sequence[Holding],
    analysed: Sequence[Counter[str]],
    follows: str,
    cursor: int,
) -> None:
    """Store what holds in slots, with the counts of its terms, unless something newer is there."""
    connection.execute("BEGIN IMMEDIATE")
    if fact(connection, "incarnation") is None:
        _note(connection, "incarnation", secrets.token_hex(8))
    ids = _new_term_ids(connection, sorted(set().union(*analysed)))
    held = _held(connection, [holding.memory.slot for holding in holdings])
    latest = {  # another process may have been faster, and know more
        holding.memory.slot: (holding, counts)
        for holding, counts in zip(holdings, analysed, strict=True)
        if holding.cursor > held.get(holding.memory.slot, _NEW).cursor
    }
    _count(connection, [holding for holding, _ in latest.values()], held)
    _forget(connection, [held[slot].doc for slot in latest if slot in held])
    [(free,)] = connection.execute("SELECT COALESCE(MAX(doc), 0) + 1 FROM slots")
    numbers = {slot: held[slot].doc if slot in held else free + place for place, slot in enumerate(latest)}
    rows = (_row(numbers[slot], holding, _packed(counts, ids)) for slot, (holding, counts) in latest.items())
    connection.executemany(f"INSERT OR REPLACE INTO slots VALUES ({','.join('?' * 13)})", rows)  # noqa: S608
    tagged = (holding.memory for holding, _ in latest.values() if not holding.memory.forgotten)
    tags = ((numbers[memory.slot], tag) for memory in tagged for tag in memory.tags)
    connection.executemany("INSERT INTO tags VALUES (?, ?)", tags)
    if cursor > int(fact(connection, "cursor") or 0):
        _note(connection, "journal", follows)
        _note(connection, "cursor", str(cursor))


def embed(connection: sqlite3.Connection, *, model: str, embeddings: Sequence[Embedded]) -> None:
    """Store embeddings of a model; those of another one are forgotten before."""
    connection.execute("BEGIN IMMEDIATE")
    fits = not embeddings or dimension(connection) in (None, len(embeddings[0].embedding))
    if fact(connection, "model") != model or not fits:
        forget_embeddings(connection, model)
    for namespace in {slot.namespace for slot, _ in embeddings}:
        vectors = {slot.key: embedding for slot, embedding in embeddings if slot.namespace == namespace}
        rows = [
            (doc, namespace, np.asarray(vectors[key], np.float32).tobytes())
            for key, doc in docs_of(connection, namespace, list(vectors)).items()
        ]
        connection.executemany("UPDATE slots SET embedded = 1 WHERE doc = ?", ((doc,) for doc, *_ in rows))
        connection.executemany("INSERT OR REPLACE INTO embeddings (doc, namespace, vector) VALUES (?, ?, ?)", rows)


def forget_embeddings(connection: sqlite3.Connection, model: str) -> None:
    """Another model, or another length: none of the old ones may be compared with the new ones."""
    connection.execute("DELETE FROM embeddings")
    connection.execute("UPDATE slots SET embedded = 0")
    _note(connection, "model", model)
    _note(connection, "incarnation", secrets.token_hex(8))


class _Held(NamedTuple):
    doc: int
    live: bool
    cursor: int


_NEW = _Held(doc=0, live=False, cursor=0)


def _held(connection: sqlite3.Connection, slots: Sequence[Slot]) -> dict[Slot, _Held]:
    query = "SELECT key, doc, live, cursor FROM slots WHERE namespace = ? AND key IN ({})"
    found: dict[Slot, _Held] = {}
    for namespace in {slot.namespace for slot in slots}:
        keys = [slot.key for slot in slots if slot.namespace == namespace]
        rows = cut(connection, query, keys, first=[namespace])
        found |= {Slot(namespace, key): _Held(doc, bool(live), cursor) for key, doc, live, cursor in rows}
    return found


def _count(connection: sqlite3.Connection, holdings: Sequence[Holding], held: Mapping[Slot, _Held]) -> None:
    more: Counter[str] = Counter()
    last: dict[str, int] = {}
    for memory, _, cursor in holdings:
        more[memory.namespace] += int(not memory.forgotten) - int(held.get(memory.slot, _NEW).live)
        last[memory.namespace] = max(last.get(memory.namespace, 0), cursor)
    count = """
        INSERT INTO namespaces VALUES (?, ?, ?) ON CONFLICT (name)
        DO UPDATE SET memories = memories + excluded.memories, cursor = MAX(cursor, excluded.cursor)
    """
    connection.executemany(count, ((name, more[name], cursor) for name, cursor in last.items()))


def _forget(connection: sqlite3.Connection, docs: Sequence[int]) -> None:
    for table in ("tags", "embeddings"):
        connection.executemany(f"DELETE FROM {table} WHERE doc = ?", ((doc,) for doc in docs))  # noqa: S608


def _packed(counts: Counter[str], ids: Mapping[str, int]) -> bytes:
    return array("i", [number for term, count in counts.items() for number in (ids[term], count)]).tobytes()


def _row(doc: int, holding: Holding, postings: bytes) -> tuple[object, ...]:
    """Return a row of `slots`."""
    memory, cues, cursor = holding
    return (
        doc,
        *memory.slot,
        cursor,
        not memory.forgotten,
        False,
        memory.timestamp.timestamp(),
        memory.source,
        cues.speaker,
        flags_of(cues),
        memory.relevance_score,
        b"" if memory.forgotten else postings,
        memory.model_dump_json(),
    )


def _new_term_ids(connection: sqlite3.Connection, terms: Sequence[str]) -> dict[str, int]:
    connection.executemany("INSERT OR IGNORE INTO terms (term) VALUES (?)", ((term,) for term in terms))
    return {term: id_ for id_, term in cut(connection, "SELECT id, term FROM terms WHERE term IN ({})", terms)}


def _note(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
