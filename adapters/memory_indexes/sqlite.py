"""The index of what holds in `memory-index.db`, with the arrays that searches need in memory."""

import secrets
import sqlite3
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from pydantic_core import from_json

from rookery.adapters.memory_indexes.codes import Codes
from rookery.adapters.memory_indexes.selection import cut, page_mark, read_mark, restricted, selected
from rookery.adapters.memory_indexes.view import (
    Embeddings,
    Mask,
    Numbers,
    Similarities,
    Stored,
    View,
    check_dimension,
    flags_of,
)
from rookery.adapters.support.sqlite import Schema
from rookery.domain.errors import StoreDamaged
from rookery.domain.memories import Memory, MemoryFilter, Slot
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.ports.memory_index import (
    Candidate,
    Change,
    Embedded,
    Form,
    Holding,
    IndexState,
    MemoryIndexPort,
    NamespaceState,
    Unembedded,
)

T = TypeVar("T")

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
_HELD_IN_MEMORY = 4096
_FEW = 20  # memories that are read at once without a thread
_READ_AT_ONCE = 4096  # embeddings
SCHEMA = Schema("memory-index.db", [_TABLES], durable=False)


class SqliteMemoryIndex(MemoryIndexPort):
    """A search reads what changed since the last one, and otherwise works in memory.

    The whole is safe against a crash, but not against a loss of power: what is lost then is made again.

    Args:
        home: Rookery's home folder.
        analyzer: makes the terms.
        held_in_memory: embeddings of one namespace up to which they are held as they are; of a larger one their codes
            are held, and cosines are right to 0.002.
    """

    def __init__(self, home: Path, *, analyzer: AnalyzerPort, held_in_memory: int = _HELD_IN_MEMORY) -> None:
        self._database = SCHEMA.at(home)
        self._analyzer = analyzer
        self._held_in_memory = held_in_memory
        self._views: dict[str, View] = {}
        self._incarnation = ""

    async def state(self) -> IndexState:
        return await self._run(_state, brief=True)

    async def apply(self, holdings: Sequence[Holding], *, follows: str, cursor: int) -> None:
        analysed = [Counter(self._terms_of(holding.memory)) for holding in holdings]
        await self._run(partial(_apply, holdings=holdings, analysed=analysed, follows=follows, cursor=cursor))

    async def reset(self) -> None:
        try:
            await self._run(_wipe)
        except StoreDamaged:
            await self._database.destroy()
        self._views.clear()

    async def namespaces(self) -> list[NamespaceState]:
        query = "SELECT name, memories, cursor FROM namespaces ORDER BY name"
        return await self._run(lambda connection: [NamespaceState(*row) for row in connection.execute(query)])

    async def get(self, slots: Collection[Slot]) -> dict[Slot, Memory]:
        bodies = await self._run(partial(_bodies, slots=slots), brief=len(slots) <= _FEW)
        return {slot: Memory.model_validate_json(body) for slot, body in bodies.items()}

    async def page(
        self, where: MemoryFilter, *, limit: int, before: str | None = None
    ) -> tuple[list[Memory], str | None]:
        condition, values = selected(where)
        if before is not None:
            condition, values = f"{condition} AND (time, doc) < (?, ?)", [*values, *read_mark(before)]
        query = f"SELECT body, time, doc FROM slots WHERE live AND {condition} ORDER BY time DESC, doc DESC LIMIT ?"  # noqa: S608
        rows = await self._run(lambda connection: connection.execute(query, [*values, limit + 1]).fetchall())
        more = page_mark(*rows[limit - 1][1:]) if len(rows) > limit else None
        return [Memory.model_validate_json(row[0]) for row in rows[:limit]], more

    async def count(self, namespace: str, where: MemoryFilter) -> int:
        def count(connection: sqlite3.Connection) -> int:
            view = self._view(connection, namespace)
            return int(np.count_nonzero(restricted(view, connection, namespace, where)))

        return await self._run(count)

    async def form(self, namespace: str) -> Form:
        return await self._run(lambda connection: self._view(connection, namespace).form())

    async def candidates(
        self,
        namespace: str,
        terms: Sequence[str],
        where: MemoryFilter,
        *,
        pool: int,
        window_weight: float,
        embedding: Sequence[float] | None = None,
        nearest: Mapping[str, float | None] | None = None,
    ) -> list[Candidate]:
        search = partial(
            self._search,
            namespace=namespace,
            terms=terms,
            where=where,
            pool=pool,
            window_weight=window_weight,
            embedding=embedding,
            near=nearest,
        )
        return await self._run(search)

    async def unembedded(self, model: str, *, limit: int) -> list[Unembedded]:
        def read(connection: sqlite3.Connection) -> list[Unembedded]:
            if _fact(connection, "model") != model:
                _forget_embeddings(connection, model)
            query = "SELECT namespace, key, body FROM slots WHERE live AND NOT embedded ORDER BY cursor LIMIT ?"
            rows = connection.execute(query, (limit,))
            return [Unembedded(Slot(namespace, key), from_json(body)["content"]) for namespace, key, body in rows]

        return await self._run(read)

    async def embed(self, model: str, embeddings: Sequence[Embedded]) -> None:
        await self._run(partial(_embed, model=model, embeddings=embeddings))

    async def changes(self, namespace: str, model: str, *, after: int, limit: int) -> list[Change]:
        return await self._run(partial(_changes, namespace=namespace, model=model, after=after, limit=limit))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    async def _run(self, work: Callable[[sqlite3.Connection], T], *, brief: bool = False) -> T:
        return await self._database.run(work, brief=brief)

    def _terms_of(self, memory: Memory) -> list[str]:
        return self._analyzer.terms(memory.content)

    def _search(
        self,
        connection: sqlite3.Connection,
        *,
        namespace: str,
        terms: Sequence[str],
        where: MemoryFilter,
        pool: int,
        window_weight: float,
        embedding: Sequence[float] | None,
        near: Mapping[str, float | None] | None,
    ) -> list[Candidate]:
        view = self._view(connection, namespace)
        if embedding is not None:
            check_dimension(_dimension(connection), embedding)
        mask = restricted(view, connection, namespace, where)
        nearest = None if near is None else view.docs(near)
        if nearest is None and embedding is not None:
            nearest = self._near(connection, namespace, embedding, mask if where.narrows else None, pool)
        return view.search(
            namespace,
            _term_ids(connection, terms),
            mask,
            pool=pool,
            window_weight=window_weight,
            nearest=nearest,
            cosines=None if embedding is None else partial(self._cosines, connection, namespace, embedding),
        )

    def _view(self, connection: sqlite3.Connection, namespace: str) -> View:
        connection.execute("BEGIN")  # so that all that a search reads is of one moment
        [version] = connection.execute("PRAGMA data_version").fetchone()
        seen = (connection, version, connection.total_changes)  # what others wrote, and what was written here
        if namespace in self._views and self._views[namespace].storage == seen:
            return self._views[namespace]
        incarnation = _fact(connection, "incarnation") or ""
        if incarnation != self._incarnation:
            self._views.clear()
            self._incarnation = incarnation
        view = self._views.setdefault(namespace, View())
        query = """
            SELECT doc, live, key, cursor, time, speaker, flags, importance, postings FROM slots
            WHERE namespace = ? AND cursor > ? ORDER BY cursor
        """
        changed = connection.execute(query, (namespace, view.seen)).fetchall()
        if changed:
            stored = [Stored(doc, *rest) for doc, live, *rest in changed if live]
            view.change(stored, [doc for doc, live, *_ in changed if not live])
            view.seen = changed[-1][3]
        view.storage = seen
        return view

    def _near(
        self, connection: sqlite3.Connection, namespace: str, embedding: Sequence[float], mask: Mask | None, limit: int
    ) -> dict[int, float] | None:
        """Return which memories to compare with the query in a namespace whose embeddings are not held; None: all."""
        view = self._views[namespace]
        if len(view.timeline) <= self._held_in_memory:
            return None
        view.embeddings = Embeddings()
        _read(connection, namespace, view.codes)
        among = None if mask is None else view.timeline.columns.doc[mask]
        docs, cosines = view.codes.nearest(embedding, limit, among)
        return dict(zip(docs.tolist(), cosines.tolist(), strict=True))

    def _cosines(
        self, connection: sqlite3.Connection, namespace: str, embedding: Sequence[float], docs: Numbers
    ) -> Similarities:
        view = self._views[namespace]
        held = view.embeddings if len(view.timeline) <= self._held_in_memory else view.codes
        _read(connection, namespace, held)
        return held.cosines(embedding, docs)


def _read(connection: sqlite3.Connection, namespace: str, into: Embeddings | Codes) -> None:
    """Put the embeddings that were stored since the last time into memory, part by part."""
    query = "SELECT serial, doc, vector FROM embeddings WHERE namespace = ? AND serial > ? ORDER BY serial LIMIT ?"
    while rows := connection.execute(query, (namespace, into.seen, _READ_AT_ONCE)).fetchall():
        into.add({doc: vector for _, doc, vector in rows})
        into.seen = rows[-1][0]


def _state(connection: sqlite3.Connection) -> IndexState:
    facts = dict(connection.execute("SELECT name, value FROM facts"))
    return IndexState(facts.get("journal"), int(facts.get("cursor", 0)), facts.get("model"))


def _wipe(connection: sqlite3.Connection) -> None:
    """Empty the file without removing it, so that processes which have it open see that it is empty."""
    connection.execute("BEGIN IMMEDIATE")
    for table in ("embeddings", "tags", "slots", "terms", "namespaces", "facts"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - of the names above
    [problem] = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if problem != "ok":
        raise StoreDamaged(f"the index of memories is damaged: {problem}")


def _apply(
    connection: sqlite3.Connection,
    *,
    holdings: Sequence[Holding],
    analysed: Sequence[Counter[str]],
    follows: str,
    cursor: int,
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    if _fact(connection, "incarnation") is None:
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
    if cursor > int(_fact(connection, "cursor") or 0):
        _note(connection, "journal", follows)
        _note(connection, "cursor", str(cursor))


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


def _embed(connection: sqlite3.Connection, *, model: str, embeddings: Sequence[Embedded]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    fits = not embeddings or _dimension(connection) in (None, len(embeddings[0].embedding))
    if _fact(connection, "model") != model or not fits:
        _forget_embeddings(connection, model)
    for namespace in {slot.namespace for slot, _ in embeddings}:
        vectors = {slot.key: embedding for slot, embedding in embeddings if slot.namespace == namespace}
        rows = [
            (doc, namespace, np.asarray(vectors[key], np.float32).tobytes())
            for key, doc in _docs_of(connection, namespace, list(vectors)).items()
        ]
        connection.executemany("UPDATE slots SET embedded = 1 WHERE doc = ?", ((doc,) for doc, *_ in rows))
        connection.executemany("INSERT OR REPLACE INTO embeddings (doc, namespace, vector) VALUES (?, ?, ?)", rows)


def _dimension(connection: sqlite3.Connection) -> int | None:
    row = connection.execute("SELECT LENGTH(vector) / 4 FROM embeddings LIMIT 1").fetchone()
    return None if row is None else int(row[0])


def _forget_embeddings(connection: sqlite3.Connection, model: str) -> None:
    """Another model, or another length: none of the old ones may be compared with the new ones."""
    connection.execute("DELETE FROM embeddings")
    connection.execute("UPDATE slots SET embedded = 0")
    _note(connection, "model", model)
    _note(connection, "incarnation", secrets.token_hex(8))


def _changes(connection: sqlite3.Connection, *, namespace: str, model: str, after: int, limit: int) -> list[Change]:
    if _fact(connection, "model") != model:
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


def _new_term_ids(connection: sqlite3.Connection, terms: Sequence[str]) -> dict[str, int]:
    connection.executemany("INSERT OR IGNORE INTO terms (term) VALUES (?)", ((term,) for term in terms))
    return {term: id_ for id_, term in cut(connection, "SELECT id, term FROM terms WHERE term IN ({})", terms)}


def _term_ids(connection: sqlite3.Connection, terms: Iterable[str]) -> dict[str, int | None]:
    wanted = sorted(set(terms))
    ids = {term: id_ for id_, term in cut(connection, "SELECT id, term FROM terms WHERE term IN ({})", wanted)}
    return {term: ids.get(term) for term in wanted}


def _bodies(connection: sqlite3.Connection, *, slots: Collection[Slot]) -> dict[Slot, str]:
    query = "SELECT key, body FROM slots WHERE namespace = ? AND key IN ({}) AND live"
    found: dict[Slot, str] = {}
    for namespace in {slot.namespace for slot in slots}:
        keys = [slot.key for slot in slots if slot.namespace == namespace]
        found |= {Slot(namespace, key): body for key, body in cut(connection, query, keys, first=[namespace])}
    return found


def _docs_of(connection: sqlite3.Connection, namespace: str, keys: Sequence[str]) -> dict[str, int]:
    query = "SELECT key, doc FROM slots WHERE namespace = ? AND key IN ({}) AND live"
    return dict(cut(connection, query, keys, first=[namespace]))


def _fact(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def _note(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
