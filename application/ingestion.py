"""Bringing documents into the library, and taking them out again."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from rookery.application.chunking import VERSION
from rookery.application.memory.agents import ForgetFindings
from rookery.application.shelving import Shelf
from rookery.domain.errors import InvalidRequest, NotFound, OutsideSandbox, SourceError
from rookery.domain.frozen import Frozen
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.ports.library import LibraryPort
from rookery.domain.ports.reader import DocumentReaderPort
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.ports.vector_store import VectorStorePort
from rookery.domain.redaction import redact
from rookery.domain.sources import Document, Snapshot, Source, SourceProblem, Unchanged, text_digest

_PREPARED = f"{VERSION}/"  # begins the fingerprints of documents that were redacted and divided as they would be today


class Progress(Frozen):
    """Document number `index` of `total` is next; those before it had `size` bytes."""

    location: str
    index: int
    total: int
    size: int = 0


class Ingested(Frozen):
    """What came of some locations. Documents that were there already are among the sources."""

    sources: list[Source]
    added: int
    problems: list[SourceProblem]
    changed: int = 0
    unchanged: int = 0
    size: int = 0
    """Of all sources, in bytes."""


@dataclass
class _Tally:
    """What has come so far; of a document that comes twice, the first time counts."""

    sources: dict[str, Source] = field(default_factory=dict)
    problems: list[SourceProblem] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    size: int = 0

    def count(self, source: Source, before: Source | None) -> None:
        if source.id not in self.sources:
            self.added += before is None
            self.changed += before is not None and before.sha256 != source.sha256
            self.size += source.size
        self.sources[source.id] = source

    def close(self) -> Ingested:
        return Ingested(
            sources=list(self.sources.values()),
            added=self.added,
            changed=self.changed,
            unchanged=len(self.sources) - self.added - self.changed,
            size=self.size,
            problems=self.problems,
        )


@dataclass
class _Known:
    """What a namespace of the library lists, by URL."""

    are_embedded: bool
    sources: dict[str, Source] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)

    def add(self, source: Source) -> None:
        self.sources[source.url] = source
        self.fingerprints[source.url] = _fingerprint(source)


class AddSources:
    """Adds documents, folders and pages to a namespace of the library, one document after the other.

    A document whose fingerprint is known is not read, divided or embedded again.
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
        self._shelf = Shelf(library=library, vector_store=vector_store, embedder=embedder)
        self._clock = clock

    async def __call__(
        self,
        locations: Sequence[str],
        *,
        namespace: str,
        on_progress: Callable[[Progress], Awaitable[None]] | None = None,
    ) -> Ingested:
        """Add what the locations hold. What cannot be read becomes a problem; the rest goes on.

        Raises:
            InvalidRequest: a location or the namespace has a credential in it, so that it cannot be stored.
            OutsideSandbox: the only location may not be read.
        """
        refuse_credentials([*locations, namespace])
        tally = _Tally()
        documents = await self._expand(locations, tally)
        known = await self._known(namespace)
        for index, location in enumerate(documents, 1):
            if on_progress is not None:
                await on_progress(Progress(location=location, index=index, total=len(documents), size=tally.size))
            try:
                document = storable(await self._reader.read(location, known.fingerprints))
            except (SourceError, OutsideSandbox) as error:
                _note(error, location, tally, alone=len(locations) == len(documents) == 1)
                continue
            before = known.sources.get(document.url)
            source = await self._shelve(document, namespace, before, known)
            tally.count(source, before)
            known.add(source)
        return tally.close()

    async def _known(self, namespace: str) -> _Known:
        sources = await self._library.sources(namespace)
        known = _Known(are_embedded=await self._shelf.is_complete(namespace, sources))
        for source in sources:
            known.add(source)
        return known

    async def _expand(self, locations: Sequence[str], tally: _Tally) -> list[str]:
        documents: list[str] = []
        for location in locations:
            try:
                documents += await self._reader.expand(location)
            except (SourceError, OutsideSandbox) as error:
                _note(error, location, tally, alone=len(locations) == 1)
        return list(dict.fromkeys(documents))

    async def _shelve(
        self, document: Document | Unchanged, namespace: str, before: Source | None, known: _Known
    ) -> Source:
        if isinstance(document, Unchanged):
            assert before is not None  # noqa: S101 - the reader found its fingerprint among the known ones
            if not known.are_embedded:
                await self._shelf.complete(before)
            return before
        snapshot = await asyncio.to_thread(snapshot_of, document, self._clock)
        await self._snapshots.put(snapshot)
        source = source_of(document, snapshot, namespace=namespace, before=before)
        return await self._shelf.put(source, snapshot, before=before, others=known.sources.values())


class RemoveSource:
    """Removes documents and all that was made of them, findings in memory too. Snapshots stay: answers quote them.

    Args:
        library: where they are listed.
        vector_store: where their passages are indexed.
        embedder: None: they are not.
        forget: forgets what agents noted of them; None: they note nothing.
    """

    def __init__(
        self,
        *,
        library: LibraryPort,
        vector_store: VectorStorePort,
        embedder: EmbedderPort | None,
        forget: ForgetFindings | None = None,
    ) -> None:
        self._library = library
        self._forget = forget
        self._shelf = Shelf(library=library, vector_store=vector_store, embedder=embedder)

    async def __call__(self, *names: str, namespace: str | None = None) -> list[Source]:
        """Remove the documents of an id or URL, or all those below the URL of a folder or site.

        Args:
            names: how the documents may be called; the first name that any has counts.
            namespace: the part of the library that is meant; None for all of it.

        Raises:
            NotFound: there is no such document.
        """
        left = {source.id: source for source in await self._library.sources(namespace)}
        found = next(filter(None, (_named(name, left.values()) for name in names)), None)
        if found is None:
            raise NotFound(f"there is no document {names[0]}")
        for source in found:
            del left[source.id]
            await self._shelf.remove(source, left.values())
        if self._forget is not None:
            held = {source.sha256 for source in await self._library.sources()}
            await self._forget({source.sha256 for source in found} - held)
        return found


def _note(error: SourceError | OutsideSandbox, location: str, tally: _Tally, *, alone: bool) -> None:
    if alone and isinstance(error, OutsideSandbox):
        raise error
    tally.problems.append(SourceProblem(location=redact(location).text, message=redact(str(error)).text))


def _named(name: str, sources: Collection[Source]) -> list[Source]:
    """Return the documents of an id or URL, or those below it; a mere scheme names nothing."""
    if same := [source for source in sources if name in (source.id, source.url)]:
        return same
    folder = name.rstrip("/")
    return [] if not folder or folder.endswith(":") else [s for s in sources if s.url.startswith(f"{folder}/")]


def _fingerprint(source: Source) -> str:
    """Return the reader's fingerprint of a document, or `""` when it would be prepared otherwise today."""
    return source.fingerprint.removeprefix(_PREPARED) if source.fingerprint.startswith(_PREPARED) else ""


def refuse_credentials(names: Iterable[str]) -> None:
    """Refuse addresses and names that could not be stored as they are, and would mean nothing without what they hide.

    Raises:
        InvalidRequest: one of them has a credential in it.
    """
    for name in names:
        clean = redact(name)
        if clean.count:
            raise InvalidRequest(
                f"{clean.text} has a credential in it, which Rookery does not store; fetch the document yourself, or "
                "rename it, and name the file"
            )


def storable(document: Document | Unchanged) -> Document | Unchanged:
    """Return a document whose address, as a redirect may have led to it, has no credential in it."""
    clean = redact(document.url)
    return document.model_copy(update={"url": clean.text}) if clean.count else document


def snapshot_of(document: Document, clock: ClockPort) -> Snapshot:
    """Return what is stored of a document: its text without credentials."""
    clean = redact(document.text)
    return Snapshot(
        sha256=text_digest(clean.text),
        url=redact(document.url).text,
        title=redact(document.title).text,
        media_type=document.media_type,
        text=clean.text,
        retrieved_at=clock.now(),
        redactions=clean.count,
    )


def source_of(document: Document, snapshot: Snapshot, *, namespace: str, before: Source | None = None) -> Source:
    """Return a document as a library lists it; how many passages it has is not known yet.

    Args:
        document: as it was read.
        snapshot: its text.
        namespace: of the library.
        before: what the library lists for its URL.
    """
    is_same = before is not None and before.sha256 == snapshot.sha256
    return Source(
        id=hashlib.sha256(f"{namespace}\n{snapshot.url}".encode()).hexdigest()[:16],
        url=snapshot.url,
        title=snapshot.title,
        media_type=document.media_type,
        sha256=snapshot.sha256,
        namespace=namespace,
        passages=0,
        size=document.size,
        added_at=before.added_at if before and is_same else snapshot.retrieved_at,
        fingerprint=f"{_PREPARED}{document.fingerprint}" if document.fingerprint else "",
    )
