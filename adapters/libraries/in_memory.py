"""A library that is gone with its process."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from rookery.adapters.libraries.bm25 import idf, indexed, saturation
from rookery.domain.errors import NotFound
from rookery.domain.names import name_key
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.ports.library import LexicalHit, LibraryPort
from rookery.domain.sources import Passage, Source


class _Entry(NamedTuple):
    passage: Passage
    terms: Counter[str]
    length: int


class InMemoryLibrary(LibraryPort):
    """Searches by looking at every passage; right for tests and small libraries."""

    def __init__(self, *, analyzer: AnalyzerPort) -> None:
        self._analyzer = analyzer
        self._sources: dict[str, Source] = {}
        self._entries: dict[str, list[_Entry]] = {}

    async def add(self, source: Source, passages: Sequence[Passage]) -> None:
        entries = [self._entry(passage) for passage in passages]
        self._sources[source.id] = source
        self._entries[source.id] = entries

    async def remove(self, source_id: str) -> None:
        if source_id not in self._sources:
            raise NotFound(f"there is no document {source_id}")
        del self._sources[source_id], self._entries[source_id]

    async def sources(self, namespace: str | None = None) -> list[Source]:
        found = [source for source in self._sources.values() if namespace in (None, source.namespace)]
        return sorted(found, key=lambda source: (source.added_at, source.id))

    async def passages(self, namespace: str, ids: Collection[str]) -> list[Passage]:
        wanted = set(ids)
        return [passage for id_, passage in self._by_id(namespace).items() if id_ in wanted]

    async def passages_of(self, namespace: str, sha256: str) -> list[Passage]:
        found = [passage for passage in self._by_id(namespace).values() if passage.sha256 == sha256]
        return sorted(found, key=lambda passage: passage.ordinal)

    async def search(
        self, namespace: str, query: str, *, limit: int, snapshots: Collection[str] | None = None
    ) -> list[LexicalHit]:
        wanted = set(self._analyzer.terms(query))
        entries = self._searched(namespace, None if snapshots is None else set(snapshots))
        if not entries:
            return []
        mean = sum(entry.length for entry in entries) / len(entries)
        weights = {term: idf(len(entries), sum(term in entry.terms for entry in entries)) for term in wanted}
        scores = {
            entry.passage.id: sum(
                weights[term] * saturation(entry.terms[term], entry.length, mean)
                for term in sorted(wanted & entry.terms.keys())
            )
            for entry in entries
            if wanted & entry.terms.keys()
        }
        hits = [LexicalHit(id_, score) for id_, score in scores.items()]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:limit]

    async def titled(
        self, namespace: str, names: Collection[str], *, limit: int, snapshots: Collection[str] | None = None
    ) -> list[Passage]:
        wanted = {name: limit for name in names if name}
        found = []
        for entry in self._searched(namespace, None if snapshots is None else set(snapshots)):
            name = name_key(entry.passage.title)
            if entry.passage.ordinal == 0 and wanted.get(name, 0) > 0:
                wanted[name] -= 1
                found.append(entry.passage)
        return found

    async def mentioning(
        self, namespace: str, names: Collection[str], *, limit: int, snapshots: Collection[str] | None = None
    ) -> dict[str, list[Passage]]:
        entries = self._searched(namespace, None if snapshots is None else set(snapshots))
        terms = {name: set(self._analyzer.terms(name)) for name in names}
        found = {
            name: [entry.passage for entry in entries if wanted <= entry.terms.keys()]
            for name, wanted in terms.items()
            if wanted
        }
        return {name: passages for name, passages in found.items() if 0 < len(passages) <= limit}

    def _entry(self, passage: Passage) -> _Entry:
        terms = self._analyzer.terms(indexed(passage))
        return _Entry(passage, Counter(terms), len(terms))

    def _of(self, namespace: str) -> list[_Entry]:
        return [
            entry
            for id_, source in self._sources.items()
            if source.namespace == namespace
            for entry in self._entries[id_]
        ]

    def _searched(self, namespace: str, snapshots: set[str] | None) -> list[_Entry]:
        return [entry for entry in self._of(namespace) if snapshots is None or entry.passage.sha256 in snapshots]

    def _by_id(self, namespace: str) -> dict[str, Passage]:
        return {entry.passage.id: entry.passage for entry in self._of(namespace)}
