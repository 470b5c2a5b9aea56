"""The document library: which documents there are, and their passages, findable by their words."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from rookery.domain.sources import Passage, Source


class LexicalHit(NamedTuple):
    """A passage that shares words with a query, and its BM25 score."""

    id: str
    score: float


class LibraryPort(Protocol):
    """Documents and their passages, by namespace. Safe to call concurrently."""

    async def add(self, source: Source, passages: Sequence[Passage]) -> None:
        """Store a document with its passages, all or nothing; one of the same id is replaced."""
        ...

    async def remove(self, source_id: str) -> None:
        """Remove a document and all of its passages.

        Raises:
            NotFound: there is no such document.
        """
        ...

    async def sources(self, namespace: str | None = None) -> list[Source]:
        """Return the documents, oldest first; those of all namespaces when none is given."""
        ...

    async def passages(self, namespace: str, ids: Collection[str]) -> list[Passage]:
        """Return the passages of these ids, in no particular order; unknown ids are left out."""
        ...

    async def passages_of(self, namespace: str, sha256: str) -> list[Passage]:
        """Return all passages of a snapshot, in the order of the text."""
        ...

    async def search(
        self, namespace: str, query: str, *, limit: int, snapshots: Collection[str] | None = None
    ) -> list[LexicalHit]:
        """Return at most `limit` passages that share a term with the query, best first, equal ones by id.

        With `snapshots`, only passages of these digests count, for the statistics too.
        """
        ...

    async def titled(
        self, namespace: str, names: Collection[str], *, limit: int, snapshots: Collection[str] | None = None
    ) -> list[Passage]:
        """Return the first passages of the documents whose titles have these keys (`name_key`), in no particular order.

        At most `limit` documents of one title count; unknown titles are left out. With `snapshots`, only documents of
        these digests count.
        """
        ...

    async def mentioning(
        self, namespace: str, names: Collection[str], *, limit: int, snapshots: Collection[str] | None = None
    ) -> dict[str, list[Passage]]:
        """Return, for each name, the passages that have all of its terms, in the text, the title or the headings.

        A name that more than `limit` passages have, or that has no term, or only terms that many have, is left out: it
        tells too little. With `snapshots`, only passages of these digests count.
        """
        ...
