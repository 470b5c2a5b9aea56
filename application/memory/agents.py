"""What agents do with memory: recall before they work, note what they found after."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from rookery.application.memory.projection import Projection
from rookery.application.memory.recall import SearchMemories
from rookery.application.memory.writing import Forget, Remember
from rookery.domain.agents import Agent
from rookery.domain.errors import NotFound
from rookery.domain.memories import FoundMemory, Memory, MemoryFilter, NewMemory
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.results import Citation
from rookery.domain.sources import Passage, Snapshot, text_digest

RECALLED = 3  # memories that an agent takes along, at most
LEAST_RELEVANCE = 0.15
_SCHEME = "memory:"
_FORGOTTEN_AT_ONCE = 500
_FINDING = "finding"
_SNAPSHOT = "snapshot:"
_PLACE = "at:"


class Recollection(NamedTuple):
    """What an agent recalls, as passages that it can quote, and what was degraded."""

    passages: list[Passage]
    degraded: list[str]


class AgentMemory:
    """The memory of a colony.

    A finding is noted as the quote that it rests on, in a slot named by its place, so that a finding made again is
    noted once. It is recalled as the passage of the snapshot that it was taken from. Any other memory is recalled as
    a source of its own, stored and cited like every other.

    Args:
        search: finds memories.
        remember: stores them.
        snapshots: where quotes are taken from.
        namespace: that all agents share; None: that of the run.
        recalls: whether agents recall.
        notes: whether findings are noted.
    """

    def __init__(
        self,
        *,
        search: SearchMemories,
        remember: Remember,
        snapshots: SnapshotStorePort,
        namespace: str | None = None,
        recalls: bool = True,
        notes: bool = True,
    ) -> None:
        self._search = search
        self._remember = remember
        self._snapshots = snapshots
        self._namespace = namespace
        self.recalls = recalls
        self.notes = notes

    async def recall(self, agent: Agent, namespace: str, question: str) -> Recollection:
        """Return what the agent knows that may answer, best first.

        Raises:
            StorageError: the journal, its index or the snapshots cannot be used.
        """
        where = MemoryFilter(namespaces=[self.namespace_of(agent, namespace)])
        recalled = await self._search(question, where, limit=RECALLED)
        relevant = [memory for memory in recalled.memories if memory.relevance_score >= LEAST_RELEVANCE]
        return Recollection([await self._passage(memory) for memory in relevant], recalled.degraded)

    async def note(self, agent: Agent, namespace: str, run_id: str, citations: Sequence[Citation]) -> list[Memory]:
        """Note what was cited, apart from memories themselves; return what now holds in its slots.

        Raises:
            StorageError: the journal cannot be written.
        """
        place = self.namespace_of(agent, namespace)
        found = [citation for citation in citations if not citation.url.startswith(_SCHEME)]
        return await self._remember(*(_finding(citation, place, agent, run_id) for citation in found))

    async def keep(self, agent: Agent, namespace: str, run_id: str, *, text: str, tags: Sequence[str] = ()) -> Memory:
        """Note what an agent says in its own words, and return what now holds in its slot.

        Raises:
            StorageError: the journal cannot be written.
        """
        place = self.namespace_of(agent, namespace)
        new = NewMemory(namespace=place, content=text, tags=list(tags), priority=agent.priority, run_id=run_id)
        [held] = await self._remember(new)
        return held

    def namespace_of(self, agent: Agent, namespace: str) -> str:
        """Return where an agent of a run looks and writes: its own place when its memory is private."""
        shared = self._namespace or namespace
        return shared if agent.memory == "shared" else f"{shared}/{agent.id}"

    async def _passage(self, memory: FoundMemory) -> Passage:
        place = _place(memory)
        origin = await self._origin(place.sha256) if place is not None else None
        if place is not None and origin is not None and origin.text[place.start : place.end] == memory.content:
            return _cut(origin, place.start, place.end, memory)
        snapshot = Snapshot(
            sha256=text_digest(memory.content),
            url=f"{_SCHEME}{memory.namespace}/{memory.id}",
            title=f"Memory of {memory.timestamp:%d %B %Y}",
            media_type="text/plain",
            text=memory.content,
            retrieved_at=memory.timestamp,
            redactions=memory.redactions,
        )
        await self._snapshots.put(snapshot)
        return _cut(snapshot, 0, len(memory.content), memory)

    async def _origin(self, sha256: str) -> Snapshot | None:
        try:
            return await self._snapshots.get(sha256)
        except NotFound:  # it was found on another machine; the quote itself is here
            return None


class ForgetFindings:
    """Forgets what agents noted of documents that are no longer in the library."""

    def __init__(self, projection: Projection, forget: Forget) -> None:
        self._projection = projection
        self._forget = forget

    async def __call__(self, snapshots: Collection[str]) -> int:
        """Forget the findings taken from these snapshots; return how many there were.

        Raises:
            StorageError: the journal or its index cannot be used.
        """
        if not snapshots:
            return 0
        await self._projection.catch_up()
        where = MemoryFilter(tags_any=[f"{_SNAPSHOT}{sha256}" for sha256 in sorted(snapshots)], tags_all=[_FINDING])
        forgotten = 0
        while findings := (await self._projection.index.page(where, limit=_FORGOTTEN_AT_ONCE))[0]:
            await self._forget.slots({finding.slot for finding in findings})
            forgotten += len(findings)
        return forgotten


class _Place(NamedTuple):
    """The range of a snapshot that a finding was taken from."""

    sha256: str
    start: int
    end: int


def _finding(citation: Citation, namespace: str, agent: Agent, run_id: str) -> NewMemory:
    return NewMemory(
        namespace=namespace,
        content=citation.quote,
        key=f"{citation.source_sha256}:{citation.start}-{citation.end}",
        tags=[_FINDING, f"{_SNAPSHOT}{citation.source_sha256}", f"{_PLACE}{citation.start}-{citation.end}"],
        source=citation.url,
        priority=agent.priority,
        run_id=run_id,
    )


def _place(memory: Memory) -> _Place | None:
    sha256 = next((tag.removeprefix(_SNAPSHOT) for tag in memory.tags if tag.startswith(_SNAPSHOT)), "")
    start, _, end = next((tag.removeprefix(_PLACE) for tag in memory.tags if tag.startswith(_PLACE)), "").partition("-")
    return _Place(sha256, int(start), int(end)) if sha256 and start.isdecimal() and end.isdecimal() else None


def _cut(snapshot: Snapshot, start: int, end: int, memory: Memory) -> Passage:
    return Passage(
        id=f"memory-{memory.version[:16]}",
        sha256=snapshot.sha256,
        url=snapshot.url,
        title=snapshot.title,
        ordinal=0,
        start=start,
        end=end,
        text=snapshot.text[start:end],
    )
