"""Bringing documents into the library: read once, store the text under its digest, index its passages."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence

from rookery.application.chunking import split
from rookery.application.retrieval import collection_name
from rookery.domain.errors import SourceError
from rookery.domain.frozen import Frozen
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.ports.library import LibraryPort
from rookery.domain.ports.reader import DocumentReaderPort
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.ports.vector_store import Vector, VectorStorePort
from rookery.domain.redaction import redact
from rookery.domain.sources import Document, Passage, Snapshot, Source, SourceProblem, text_digest

_BATCH = 256  # passages that are embedded and stored at once


class Progress(Frozen):
    """Document number `index` of `total` is next."""

    location: str
    index: int
    total: int


class Ingested(Frozen):
    """What came of some locations. Documents that were there already are among the sources."""

    sources: list[Source]
    added: int
    problems: list[SourceProblem]


class AddSources:
    """Adds documents and folders to a namespace of the library.

    A document's passages are embedded before the library lists it, so that a crash between the two leaves nothing
    half done: the next run does it again. One that is unchanged and embedded is left alone.
    """

    def __init__(
        self,
        *,
        reader: DocumentReaderPort,
        snapshots: SnapshotStorePort,
        library: LibraryPort,
        vector_store: VectorStorePort,
        embedder: EmbedderPort | None,
        clock: ClockPort,
    ) -> None:
        self._reader = reader
        self._snapshots = snapshots
        self._library = library
        self._index = PassageIndex(vector_store, embedder)
        self._clock = clock

    async def __call__(
        self,
        locations: Sequence[str],
        *,
        namespace: str,
        on_progress: Callable[[Progress], Awaitable[None]] | None = None,
    ) -> Ingested:
        """Add what the locations hold. What cannot be read becomes a problem; the rest goes on."""
        documents, problems = await self._expand(locations)
        known = {source.url: source for source in await self._library.sources(namespace)}
        before = set(known)
        sources: list[Source] = []
        for index, location in enumerate(documents, 1):
            if on_progress is not None:
                await on_progress(Progress(location=location, index=index, total=len(documents)))
            try:
                document = await self._reader.read(location)
            except SourceError as error:
                problems.append(SourceProblem(location=location, message=str(error)))
                continue
            source = await self._add(document, namespace, known)
            known[source.url] = source
            sources.append(source)
        unique = list({source.id: source for source in sources}.values())
        return Ingested(sources=unique, added=len(set(known) - before), problems=problems)

    async def _expand(self, locations: Sequence[str]) -> tuple[list[str], list[SourceProblem]]:
        documents: list[str] = []
        problems: list[SourceProblem] = []
        for location in locations:
            try:
                documents += await self._reader.expand(location)
            except SourceError as error:
                problems.append(SourceProblem(location=location, message=str(error)))
        return list(dict.fromkeys(documents)), problems

    async def _add(self, document: Document, namespace: str, known: dict[str, Source]) -> Source:
        snapshot = _snapshot(document, self._clock)
        same_text = next((source for source in known.values() if source.sha256 == snapshot.sha256), None)
        if same_text is not None:
            await self._index.add(namespace, await self._library.passages_of(namespace, snapshot.sha256))
            return same_text
        await self._snapshots.put(snapshot)
        passages = split(snapshot)
        await self._index.add(namespace, passages)
        source = _source(document, snapshot, namespace=namespace, passages=len(passages))
        await self._library.add(source, passages)
        outdated = known.get(document.url)
        if outdated is not None:
            await self._index.remove(namespace, outdated.sha256)
        return source


class RemoveSource:
    """Removes a document and everything made from it. Its snapshot stays: answers quote it."""

    def __init__(self, *, library: LibraryPort, vector_store: VectorStorePort, embedder: EmbedderPort | None) -> None:
        self._library = library
        self._index = PassageIndex(vector_store, embedder)

    async def __call__(self, source_id: str) -> Source:
        """Remove the document of this id or URL.

        Raises:
            NotFound: there is no such document.
        """
        sources = await self._library.sources()
        source = next((source for source in sources if source_id in (source.id, source.url)), None)
        await self._library.remove(source.id if source else source_id)
        assert source is not None  # noqa: S101 - `remove` has raised otherwise
        await self._index.remove(source.namespace, source.sha256)
        return source


class PassageIndex:
    """The embeddings of passages; nothing happens without an embedder."""

    def __init__(self, vector_store: VectorStorePort, embedder: EmbedderPort | None) -> None:
        self._vector_store = vector_store
        self._embedder = embedder

    async def add(self, namespace: str, passages: Sequence[Passage]) -> None:
        """Embed the passages of one snapshot, unless all of them are there."""
        if self._embedder is None or not passages:
            return
        collection = collection_name(namespace, self._embedder)
        there = await self._vector_store.ids(collection, passages[0].sha256)
        missing = [passage for passage in passages if passage.id not in there]
        for start in range(0, len(missing), _BATCH):
            batch = missing[start : start + _BATCH]
            embeddings = await self._embedder.embed([f"{passage.title}\n{passage.text}" for passage in batch])
            vectors = [
                Vector(passage.id, passage.sha256, embedding)
                for passage, embedding in zip(batch, embeddings, strict=True)
            ]
            await self._vector_store.upsert(collection, vectors)

    async def remove(self, namespace: str, sha256: str) -> None:
        """Remove the embeddings of a snapshot."""
        if self._embedder is not None:
            await self._vector_store.delete_group(collection_name(namespace, self._embedder), sha256)


def _snapshot(document: Document, clock: ClockPort) -> Snapshot:
    clean = redact(document.text)
    return Snapshot(
        sha256=text_digest(clean.text),
        url=document.url,
        title=redact(document.title).text,
        media_type=document.media_type,
        text=clean.text,
        retrieved_at=clock.now(),
        redactions=clean.count,
    )


def _source(document: Document, snapshot: Snapshot, *, namespace: str, passages: int) -> Source:
    return Source(
        id=hashlib.sha256(f"{namespace}\n{document.url}".encode()).hexdigest()[:16],
        url=document.url,
        title=snapshot.title,
        media_type=document.media_type,
        sha256=snapshot.sha256,
        namespace=namespace,
        passages=passages,
        size=document.size,
        added_at=snapshot.retrieved_at,
    )
