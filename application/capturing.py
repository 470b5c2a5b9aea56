"""Keeping what tools have read, so that it can be cited like any document."""

import asyncio
from collections.abc import Callable, Sequence

from rookery.application.chunking import split
from rookery.application.ingestion import snapshot_of, source_of
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.library import LibraryPort
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.ports.tool import Capture
from rookery.domain.sources import Document, Passage

_SHELF = "captured"


class CaptureDocuments(Capture):
    """Stores what was read and picks the passages that suit a question by their words.

    Args:
        snapshots: where the texts are kept.
        clock: says when they were read.
        shelf: makes a library for one call, which finds passages by their words.
    """

    def __init__(self, snapshots: SnapshotStorePort, clock: ClockPort, shelf: Callable[[], LibraryPort]) -> None:
        self._snapshots = snapshots
        self._clock = clock
        self._shelf = shelf

    async def __call__(self, documents: Sequence[Document], query: str, *, limit: int) -> list[Passage]:
        shelf, passages = self._shelf(), dict[str, Passage]()
        for document in documents:
            snapshot = await asyncio.to_thread(snapshot_of, document, self._clock)
            await self._snapshots.put(snapshot)
            divided = await asyncio.to_thread(split, snapshot)
            await shelf.add(source_of(document, snapshot, namespace=_SHELF), divided)
            passages |= {passage.id: passage for passage in divided}
        hits = await shelf.search(_SHELF, query, limit=limit) if query.strip() else []
        found = {hit.id: passages[hit.id] for hit in hits}
        return list((found | passages).values())[:limit]
