"""Reading what was found, side by side, so that it can be cited."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from rookery.domain.errors import OutsideSandbox, SourceError
from rookery.domain.frozen import Frozen
from rookery.domain.ports.reader import DocumentReaderPort
from rookery.domain.ports.tool import Capture
from rookery.domain.sources import Document, Passage


class Hit(Frozen):
    """A result of a search: an address that nobody vouches for, and what is said of it."""

    url: str
    title: str
    snippet: str = ""


class Gathered(NamedTuple):
    """What came of reading; `failures` says what could not be read, and why."""

    passages: list[Passage]
    read: int
    failures: list[str]


class Pages:
    """Reads pages through the guard and keeps them.

    Args:
        reader: of pages of the web.
        capture: keeps what was read.
    """

    def __init__(self, reader: DocumentReaderPort, capture: Capture) -> None:
        self._reader = reader
        self._capture = capture

    async def page(self, url: str, query: str, *, limit: int) -> list[Passage]:
        """Return the passages of one page that suit a query best; without a query, the first ones.

        Raises:
            SourceError, OutsideSandbox: it cannot be read.
        """
        return await self._capture([await self._document(url)], query, limit=limit)

    async def gather(self, hits: Sequence[Hit], query: str, *, engine: str, limit: int) -> Gathered:
        """Read the pages of hits, and keep the engine's own words, marked as such, where a page cannot be read."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._attempt(hit)) for hit in hits]
        found = [task.result() for task in tasks]
        documents = [document for document in found if isinstance(document, Document)]
        failures = [str(error) for error in found if not isinstance(error, Document)]
        unread = [hit for hit, outcome in zip(hits, found, strict=True) if not isinstance(outcome, Document)]
        snippets = [_snippet(hit, engine) for hit in unread if hit.snippet.strip()]
        distinct = list({document.url: document for document in documents}.values())
        passages = await self._capture([*distinct, *snippets], query, limit=limit)
        return Gathered(passages, len(distinct), failures)

    async def _attempt(self, hit: Hit) -> Document | SourceError | OutsideSandbox:
        try:
            return await self._document(hit.url)
        except (SourceError, OutsideSandbox) as error:
            return error

    async def _document(self, url: str) -> Document:
        document = await self._reader.read(url)
        if not isinstance(document, Document):  # nothing is known of a page beforehand
            raise SourceError(f"{url} says that it has not changed, but it was never read")
        return document


def _snippet(hit: Hit, engine: str) -> Document:
    title = f"{hit.title or hit.url} (snippet by {engine}; the page was not read)"
    return Document(
        url=hit.url, title=title, media_type="text/plain", text=hit.snippet, size=len(hit.snippet.encode("utf-8"))
    )
