"""Ways from one passage to another: titles of documents and names that both mention."""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from rookery.domain.names import name_key, names, phrases, plain_words
from rookery.domain.ports.library import LibraryPort
from rookery.domain.sources import Passage

TITLE_WEIGHT = 0.75  # of a title that a hit mentions, and of a mention of a hit's title
NAME_WEIGHT = 0.3  # of a name that two passages mention
NAMED = 10  # passages with one name; what more have does not link them
HOMONYMS = 5  # documents of one title


class Link(NamedTuple):
    """A way from a hit to a passage."""

    hit: str
    passage: Passage
    weight: float
    """The share of the hit's score that goes this way."""


class Links:
    """Finds the links of one search.

    Args:
        library: where to look.
        namespace: where in it.
        snapshots: the only ones that count; None: all do.
    """

    def __init__(self, library: LibraryPort, namespace: str, snapshots: Collection[str] | None) -> None:
        self._library = library
        self._namespace = namespace
        self._snapshots = snapshots
        self._titles: dict[str, str] = {}
        self._words: dict[str, str] = {}

    async def of(self, hits: Sequence[Passage], known: Collection[Passage]) -> list[Link]:
        """Return the links from hits to passages of other documents, known ones and those of the library.

        By its title, a document is linked with its first passage and with those that are known.
        """
        return [*await self._by_title(hits, known), *await self._by_name(hits)] if hits else []

    async def _by_title(self, hits: Sequence[Passage], known: Collection[Passage]) -> list[Link]:
        mentioned = {hit.id: phrases(hit.text) for hit in hits}
        titles = set[str]().union(*mentioned.values())
        found = await self._library.titled(self._namespace, titles, limit=HOMONYMS, snapshots=self._snapshots)
        others = {passage.id: passage for passage in [*known, *found]}
        return [
            Link(hit.id, passage, TITLE_WEIGHT)
            for hit in hits
            for passage in others.values()
            if self._title(passage) in mentioned[hit.id] and self._title(passage) != self._title(hit)
        ]

    async def _by_name(self, hits: Sequence[Passage]) -> list[Link]:
        weights = {
            hit.id: dict.fromkeys(names(hit.text), NAME_WEIGHT) | {self._title(hit): TITLE_WEIGHT} for hit in hits
        }
        wanted = {name for named in weights.values() for name in named if name}
        found = await self._library.mentioning(self._namespace, wanted, limit=NAMED, snapshots=self._snapshots)
        exact = {name: [one for one in those if self._mentions(one, name)] for name, those in found.items()}
        return [
            link
            for hit in hits
            for name, weight in weights[hit.id].items()
            for link in _shared(hit, exact.get(name, []), weight)
        ]

    def _title(self, passage: Passage) -> str:
        if passage.title not in self._titles:
            self._titles[passage.title] = name_key(passage.title)
        return self._titles[passage.title]

    def _mentions(self, passage: Passage, name: str) -> bool:
        if passage.id not in self._words:
            self._words[passage.id] = plain_words(passage.text)
        return f" {name} " in self._words[passage.id]


def _shared(hit: Passage, passages: Sequence[Passage], weight: float) -> list[Link]:
    """Link a hit with the passages of other texts that have one of its names: the more, the less each link is worth."""
    others = [passage for passage in passages if passage.sha256 != hit.sha256]
    return [Link(hit.id, passage, weight / (1 + math.log(1 + len(others)))) for passage in others]
