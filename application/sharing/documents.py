"""The documents of runs that machines share: read where a person named them, taken from the store elsewhere."""

import gzip
import hashlib
from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter, ValidationError

from rookery.application.ingestion import AddSources, Ingested, RemoveSource
from rookery.application.sharing.snapshots import SharedSnapshotStore
from rookery.domain.calls import StepRecord
from rookery.domain.errors import InvalidRequest, NotFound, SourceError, StorageError
from rookery.domain.ports.approval_store import ApprovalStorePort
from rookery.domain.ports.library import LibraryPort
from rookery.domain.ports.object_store import ObjectStorePort
from rookery.domain.ports.reader import NOTHING_KNOWN, DocumentReaderPort
from rookery.domain.run_log import ApprovalAsked, LogRecord, Prepared, RunKept, StepKept
from rookery.domain.runs import Run
from rookery.domain.sources import Document, Source, SourceProblem, Unchanged

_LISTING: TypeAdapter[list[Source]] = TypeAdapter(list[Source])
_WEB = ("http://", "https://")


class PrepareDocuments:
    """Reads the documents of a run into the library here, and puts their texts into the store."""

    def __init__(
        self, *, add_sources: AddSources, library: LibraryPort, snapshots: SharedSnapshotStore, objects: ObjectStorePort
    ) -> None:
        self._add_sources = add_sources
        self._library = library
        self._snapshots = snapshots
        self._objects = objects

    async def __call__(self, run: Run) -> Prepared:
        """Return what another machine needs. Addresses of the web are left to it.

        Raises:
            AdapterError: the store, or what embeds the documents, cannot be used.
        """
        if not run.sources:
            return Prepared(library=await self._share_library(run.namespace))
        sources: dict[str, list[Source]] = {}
        problems: list[SourceProblem] = []
        for location in (one for one in run.sources if not one.casefold().startswith(_WEB)):
            try:
                read = await self._add_sources([location], namespace=run.namespace)
            except InvalidRequest as error:  # it may not be read; the others may
                problems.append(SourceProblem(location=location, message=str(error)))
                continue
            await self._share(read.sources)
            sources[location] = read.sources
            problems += read.problems
        return Prepared(sources=sources, problems=problems)

    async def _share_library(self, namespace: str) -> str:
        sources = await self._library.sources(namespace)
        await self._share(sources)
        listing = gzip.compress(_LISTING.dump_json(sources), mtime=0)
        digest = hashlib.sha256(listing).hexdigest()
        await self._objects.put_new(_name(digest), listing)
        return digest

    async def _share(self, sources: Sequence[Source]) -> None:
        """Put what was read before machines shared runs into the store, too; the rest is there already."""
        for source in sources:
            await self._snapshots.share(await self._snapshots.get(source.sha256))


class PreparedReader(DocumentReaderPort):
    """Reads documents that another machine has read, by where they lie there; anything else as usual."""

    def __init__(self, here: DocumentReaderPort, snapshots: SharedSnapshotStore) -> None:
        self._here = here
        self._snapshots = snapshots
        self._places: dict[str, list[str]] = {}
        self._sources: dict[str, Source] = {}
        self._problems: dict[str, str] = {}

    def learn(self, prepared: Prepared) -> None:
        """Know the documents of one more run; of a place that is known already, the later news count."""
        for place, sources in prepared.sources.items():
            self._places[place] = self.know(sources)
            self._problems.pop(place, None)
        for problem in prepared.problems:
            self._problems[problem.location] = problem.message
            self._places.setdefault(problem.location, [])

    def know(self, sources: Sequence[Source]) -> list[str]:
        """Know documents by their URLs alone, and return these."""
        self._sources |= {source.url: source for source in sources}
        return [source.url for source in sources]

    def check(self, location: str) -> None:
        if location not in self._places:
            self._here.check(location)

    def url(self, location: str) -> str:
        return location if location in self._sources else self._here.url(location)

    async def expand(self, location: str) -> list[str]:
        if location in self._sources:
            return [location]
        if location not in self._places:
            return await self._here.expand(location)
        if not self._places[location]:
            raise SourceError(self._problems.get(location, f"there is no document in {location}"))
        unread = [place for place in self._problems if place.startswith(f"{location.rstrip('/')}/")]
        return [*self._places[location], *unread]

    async def read(self, location: str, known: Mapping[str, str] = NOTHING_KNOWN) -> Document | Unchanged:
        if location in self._problems and location not in self._sources:
            raise SourceError(self._problems[location])
        source = self._sources.get(location)
        if source is None:
            return await self._here.read(location, known)
        if known.get(source.url) == source.sha256:
            return Unchanged(url=source.url)
        try:
            snapshot = await self._snapshots.get(source.sha256)
        except NotFound as error:
            raise SourceError(
                f"the text of {source.url} is gone from the shared store; name the document again"
            ) from error
        return Document(
            url=source.url,
            title=source.title,
            media_type=source.media_type,
            text=snapshot.text,
            size=source.size,
            fingerprint=source.sha256,
        )


class FetchDocuments:
    """Makes the library of this machine ready for a run of another one.

    Args:
        add_sources: reads with `reader`.
        remove_source: takes out what is gone on the other machine.
        library: of this machine.
        reader: is told where documents lie.
        approvals: of this machine; they are told what the run has asked for.
        objects: the shared store.
    """

    def __init__(
        self,
        *,
        add_sources: AddSources,
        remove_source: RemoveSource,
        library: LibraryPort,
        reader: PreparedReader,
        approvals: ApprovalStorePort,
        objects: ObjectStorePort,
    ) -> None:
        self._add_sources = add_sources
        self._remove_source = remove_source
        self._library = library
        self._reader = reader
        self._approvals = approvals
        self._objects = objects
        self._mirrored: dict[str, str] = {}

    async def __call__(self, records: Sequence[LogRecord]) -> None:
        """Bring in what the log of a run names. What the run is still to read, it reads itself.

        Raises:
            AdapterError: the store, or what embeds the documents, cannot be used.
        """
        namespace = "default"
        for record in records:
            match record:
                case RunKept(run=run):
                    namespace = run.namespace
                case ApprovalAsked(approval=approval):
                    await self._approvals.request(approval)
                case Prepared(library=None):
                    self._reader.learn(record)
                case Prepared(library=str(digest)):
                    await self._mirror(namespace, digest)
                case StepKept(step=StepRecord(step="read", output=output)):
                    read = Ingested.model_validate_json(output)
                    await self._add_sources(self._reader.know(read.sources), namespace=namespace)
                case _:
                    pass

    async def _mirror(self, namespace: str, digest: str) -> None:
        """Make a part of the library what it is on the other machine."""
        if self._mirrored.get(namespace) == digest:
            return
        listed = await self._listed(digest)
        await self._add_sources(self._reader.know(listed), namespace=namespace)
        wanted = {source.url for source in listed}
        for source in await self._library.sources(namespace):
            if source.url not in wanted:
                await self._remove_source(source.id, namespace=namespace)
        self._mirrored[namespace] = digest

    async def _listed(self, digest: str) -> list[Source]:
        content = await self._objects.get(_name(digest))
        try:
            return _LISTING.validate_json(gzip.decompress(content))
        except (ValidationError, OSError, EOFError) as error:
            raise StorageError(f"{_name(digest)} in the shared store cannot be read") from error


def _name(digest: str) -> str:
    return f"listings/{digest}"
