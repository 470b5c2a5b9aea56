"""The index of what holds, gone with the process."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rookery.adapters.memory_indexes.selection import page_mark, read_mark
from rookery.adapters.memory_indexes.view import Embeddings, Stored, View, check_dimension, flags_of
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


@dataclass
class _State:
    """Everything that the index knows."""

    journal: str | None = None
    cursor: int = 0
    model: str | None = None
    docs: dict[Slot, int] = field(default_factory=dict)
    holdings: dict[int, Holding] = field(default_factory=dict)
    vectors: dict[int, bytes] = field(default_factory=dict)
    terms: dict[str, int] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)


class InMemoryMemoryIndex(MemoryIndexPort):
    """Searches as the SQLite index does; filters by looking at every memory."""

    def __init__(self, *, analyzer: AnalyzerPort) -> None:
        self._analyzer = analyzer
        self._state = _State()

    async def state(self) -> IndexState:
        return IndexState(self._state.journal, self._state.cursor, self._state.model)

    async def reset(self) -> None:
        self._state = _State()

    async def apply(self, holdings: Sequence[Holding], *, follows: str, cursor: int) -> None:
        state = self._state
        for holding in holdings:
            doc = state.docs.setdefault(holding.memory.slot, len(state.docs) + 1)
            if doc in state.holdings and state.holdings[doc].cursor >= holding.cursor:
                continue
            state.holdings[doc] = holding
            state.vectors.pop(doc, None)
            view = state.views.setdefault(holding.memory.namespace, View())
            if holding.memory.forgotten:
                view.change([], [doc])
                continue
            view.change([self._stored(doc, holding)], [])
        if cursor > state.cursor:
            state.journal, state.cursor = follows, cursor

    async def namespaces(self) -> list[NamespaceState]:
        return [
            NamespaceState(name, len(view.timeline), max(h.cursor for h in self._of(name)))
            for name, view in sorted(self._state.views.items())
        ]

    async def get(self, slots: Collection[Slot]) -> dict[Slot, Memory]:
        known = {
            slot: self._state.holdings[self._state.docs[slot]].memory for slot in slots if slot in self._state.docs
        }
        return {slot: memory for slot, memory in known.items() if not memory.forgotten}

    async def page(
        self, where: MemoryFilter, *, limit: int, before: str | None = None
    ) -> tuple[list[Memory], str | None]:
        end = read_mark(before) if before is not None else (float("inf"), 0)
        marked = [
            ((holding.memory.timestamp.timestamp(), doc), holding.memory)
            for doc, holding in self._state.holdings.items()
            if _passes(holding.memory, where)
        ]
        rest = sorted((item for item in marked if item[0] < end), key=lambda item: item[0], reverse=True)
        more = page_mark(*rest[limit - 1][0]) if len(rest) > limit else None
        return [memory for _, memory in rest[:limit]], more

    async def count(self, namespace: str, where: MemoryFilter) -> int:
        return sum(_passes(holding.memory, where) for holding in self._of(namespace))

    async def form(self, namespace: str) -> Form:
        return self._state.views.get(namespace, View()).form()

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
        state = self._state
        view = state.views.get(namespace, View())
        if embedding is not None:
            check_dimension(self._dimension(), embedding)
        vectors = Embeddings()
        vectors.add(state.vectors)
        passing = {doc for doc, holding in state.holdings.items() if _passes(holding.memory, where)}
        return view.search(
            namespace,
            {term: state.terms.get(term) for term in sorted(set(terms))},
            view.mask(since=None, until=None, docs=passing),
            pool=pool,
            window_weight=window_weight,
            cosines=None if embedding is None else lambda docs: vectors.cosines(embedding, docs),
            nearest=None if nearest is None else view.docs(nearest),
        )

    async def unembedded(self, model: str, *, limit: int) -> list[Unembedded]:
        if self._state.model != model:
            self._state.vectors.clear()
            self._state.model = model
        missing = [(h.cursor, h.memory) for doc, h in self._state.holdings.items() if doc not in self._state.vectors]
        live = [memory for _, memory in sorted(missing, key=lambda item: item[0]) if not memory.forgotten]
        return [Unembedded(memory.slot, memory.content) for memory in live[:limit]]

    async def embed(self, model: str, embeddings: Sequence[Embedded]) -> None:
        await self.unembedded(model, limit=0)
        if embeddings and self._dimension() not in (None, len(embeddings[0].embedding)):
            self._state.vectors.clear()
        held = await self.get([slot for slot, _ in embeddings])
        for slot, embedding in embeddings:
            if slot in held:
                self._state.vectors[self._state.docs[slot]] = np.asarray(embedding, np.float32).tobytes()

    async def changes(self, namespace: str, model: str, *, after: int, limit: int) -> list[Change]:
        if self._state.model != model:
            return []
        changes: list[Change] = []
        for holding in sorted(self._of(namespace), key=lambda holding: holding.cursor):
            vector = self._state.vectors.get(self._state.docs[holding.memory.slot])
            if holding.cursor <= after or len(changes) == limit:
                continue
            if vector is None and not holding.memory.forgotten:
                break
            embedding = None if vector is None else np.frombuffer(vector, np.float32).tolist()
            changes.append(Change(holding.memory.slot, holding.cursor, embedding))
        return changes

    def close(self) -> None:
        """There is nothing to close."""

    def _of(self, namespace: str) -> list[Holding]:
        return [holding for holding in self._state.holdings.values() if holding.memory.namespace == namespace]

    def _dimension(self) -> int | None:
        return next((len(vector) // 4 for vector in self._state.vectors.values()), None)

    def _stored(self, doc: int, holding: Holding) -> Stored:
        memory, cues = holding.memory, holding.cues
        return Stored(
            doc,
            memory.key,
            holding.cursor,
            memory.timestamp.timestamp(),
            cues.speaker,
            flags_of(cues),
            memory.relevance_score,
            self._postings(memory),
        )

    def _postings(self, memory: Memory) -> bytes:
        terms = self._state.terms
        counts = Counter(self._analyzer.terms(memory.content))
        pairs = [(terms.setdefault(term, len(terms)), count) for term, count in sorted(counts.items())]
        return np.array(pairs, np.int32).tobytes()


def _passes(memory: Memory, where: MemoryFilter) -> bool:
    tags = set(memory.tags)
    return (
        not memory.forgotten
        and (where.namespaces is None or memory.namespace in where.namespaces)
        and (not where.tags_any or not tags.isdisjoint(where.tags_any))
        and tags.issuperset(where.tags_all)
        and (where.since is None or memory.timestamp >= where.since)
        and (where.until is None or memory.timestamp < where.until)
        and (where.source is None or (memory.source is not None and _is_from(memory.source, where.source)))
    )


def _is_from(source: str, wanted: str) -> bool:
    return source.startswith(wanted[:-1]) if wanted.endswith("*") else source == wanted
