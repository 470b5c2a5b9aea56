"""The index of what holds in `memory-index.db`, with the arrays that searches need in memory."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic_core import from_json

from rookery.adapters.memory_indexes import reads, writes
from rookery.adapters.memory_indexes.selection import page_mark, read_mark, restricted, selected
from rookery.adapters.memory_indexes.view import (
    Embeddings,
    Mask,
    Numbers,
    Similarities,
    Stored,
    View,
    check_dimension,
)
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

_HELD_IN_MEMORY = 4096
_FEW = 20  # memories that are read at once without a thread


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
        self._database = reads.SCHEMA.at(home)
        self._analyzer = analyzer
        self._held_in_memory = held_in_memory
        self._views: dict[str, View] = {}
        self._incarnation = ""

    async def state(self) -> IndexState:
        return await self._run(reads.state, brief=True)

    async def apply(self, holdings: Sequence[Holding], *, follows: str, cursor: int) -> None:
        analysed = [Counter(self._terms_of(holding.memory)) for holding in holdings]
        await self._run(partial(writes.apply, holdings=holdings, analysed=analysed, follows=follows, cursor=cursor))

    async def reset(self) -> None:
        try:
            await self._run(writes.wipe)
        except StoreDamaged:
            await self._database.destroy()
        self._views.clear()

    async def namespaces(self) -> list[NamespaceState]:
        query = "SELECT name, memories, cursor FROM namespaces ORDER BY name"
        return await self._run(lambda connection: [NamespaceState(*row) for row in connection.execute(query)])

    async def get(self, slots: Collection[Slot]) -> dict[Slot, Memory]:
        bodies = await self._run(partial(reads.bodies, slots=slots), brief=len(slots) <= _FEW)
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
            if reads.fact(connection, "model") != model:
                writes.forget_embeddings(connection, model)
            query = "SELECT namespace, key, body FROM slots WHERE live AND NOT embedded ORDER BY cursor LIMIT ?"
            rows = connection.execute(query, (limit,))
            return [Unembedded(Slot(namespace, key), from_json(body)["content"]) for namespace, key, body in rows]

        return await self._run(read)

    async def embed(self, model: str, embeddings: Sequence[Embedded]) -> None:
        await self._run(partial(writes.embed, model=model, embeddings=embeddings))

    async def changes(self, namespace: str, model: str, *, after: int, limit: int) -> list[Change]:
        return await self._run(partial(reads.changes, namespace=namespace, model=model, after=after, limit=limit))

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
            check_dimension(reads.dimension(connection), embedding)
        mask = restricted(view, connection, namespace, where)
        nearest = None if near is None else view.docs(near)
        if nearest is None and embedding is not None:
            nearest = self._near(connection, namespace, embedding, mask if where.narrows else None, pool)
        return view.search(
            namespace,
            reads.term_ids(connection, terms),
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
        incarnation = reads.fact(connection, "incarnation") or ""
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
        reads.read_embeddings(connection, namespace, view.codes)
        among = None if mask is None else view.timeline.columns.doc[mask]
        docs, cosines = view.codes.nearest(embedding, limit, among)
        return dict(zip(docs.tolist(), cosines.tolist(), strict=True))

    def _cosines(
        self, connection: sqlite3.Connection, namespace: str, embedding: Sequence[float], docs: Numbers
    ) -> Similarities:
        view = self._views[namespace]
        held = view.embeddings if len(view.timeline) <= self._held_in_memory else view.codes
        reads.read_embeddings(connection, namespace, held)
        return held.cosines(embedding, docs)
