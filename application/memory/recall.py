"""Finding memories."""

from collections.abc import Sequence
from datetime import timedelta

from rookery.application.memory.mirrors import Followed
from rookery.application.memory.projection import Projection
from rookery.application.memory.ranking import POOL, WINDOW_WEIGHT, Manner, Ranked, Ranking, in_order, manner
from rookery.domain.cues import Asked, asked
from rookery.domain.errors import DimensionMismatch, EmbedderError, InvalidRequest, NotFound
from rookery.domain.frozen import Frozen
from rookery.domain.memories import EVERYTHING, FoundMemory, Memory, MemoryFilter, PastMemory, Slot, history_of
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.memory_index import Candidate, IndexState, NamespaceState

FLAT = 262_144  # memories up to which the index compares all, which is as fast as asking a store of vectors
_LAG = 1024  # changes that a store of vectors may be behind; a search looks at them one by one
MAX_QUERY = 4000  # characters


class Recalled(Frozen):
    """What a search found, best first, and what was degraded, in words for the person."""

    memories: list[FoundMemory]
    degraded: list[str] = []


class SearchMemories:
    """Finds memories by meaning, by words, by who said them and when; by words alone without an embedder.

    Args:
        projection: of the journal.
        analyzer: makes the terms of queries.
        clock: for the age of memories.
        half_life: after which a score is halved; None: age does not matter.
        flat: memories of a namespace up to which all are compared and no store of vectors is asked.
    """

    def __init__(
        self,
        projection: Projection,
        analyzer: AnalyzerPort,
        clock: ClockPort,
        *,
        half_life: timedelta | None = None,
        flat: int = FLAT,
    ) -> None:
        self._projection = projection
        self._flat = flat
        self._clock = clock
        self._half_life = half_life
        self._index = projection.index
        self._analyzer = analyzer
        self._position: IndexState | None = None
        self._states: list[NamespaceState] = []
        self._manners: dict[str, Manner] = {}

    async def __call__(self, query: str, where: MemoryFilter = EVERYTHING, *, limit: int = 10) -> Recalled:
        """Return at most `limit` memories, best first; none when no word and no meaning is shared.

        Raises:
            InvalidRequest: the query is empty or too long, or has half of a surrogate pair.
            StorageError: the journal or the index cannot be used.
        """
        if not query.strip() or len(query) > MAX_QUERY or any("\ud800" <= character <= "\udfff" for character in query):
            raise InvalidRequest(f"a query is a text of 1 to {MAX_QUERY} characters")
        await self._look(await self._projection.catch_up())
        ranked: list[Ranked] = []
        embeddings: dict[str, list[float]] = {}
        for state in self._searched(where):
            ranked += await self._search(query, state, where, embeddings)
        best = in_order(ranked)[:limit]
        held = await self._index.get([one.candidate.slot for one in best])
        return Recalled(
            memories=[_found(held[one.candidate.slot], one) for one in best if one.candidate.slot in held],
            degraded=self._projection.trouble,
        )

    async def _look(self, position: IndexState) -> None:
        """Read what stays the same as long as the index does."""
        if position != self._position:
            self._states = await self._index.namespaces()
            self._manners.clear()
            self._position = position

    def _searched(self, where: MemoryFilter) -> list[NamespaceState]:
        wanted = None if where.namespaces is None else set(where.namespaces)
        return [state for state in self._states if state.memories and (wanted is None or state.namespace in wanted)]

    async def _search(
        self, query: str, state: NamespaceState, where: MemoryFilter, embeddings: dict[str, list[float]]
    ) -> list[Ranked]:
        if state.namespace not in self._manners:
            self._manners[state.namespace] = manner(await self._index.form(state.namespace))
        form = asked(query, self._manners[state.namespace].speakers)
        embedding = await self._embedding(form, embeddings)
        try:
            candidates = await self._candidates(form, state, where, embedding)
        except DimensionMismatch:
            await self._projection.embed_anew(embedding or [])
            candidates = await self._candidates(form, state, where, embedding)
        windowed = self._manners[state.namespace].windowed
        return Ranking(form, self._clock.now(), self._half_life, windowed=windowed)(candidates)

    async def _candidates(
        self, form: Asked, state: NamespaceState, where: MemoryFilter, embedding: Sequence[float] | None
    ) -> list[Candidate]:
        return await self._index.candidates(
            state.namespace,
            self._analyzer.terms(form.content),
            where,
            pool=POOL,
            window_weight=WINDOW_WEIGHT if self._manners[state.namespace].windowed else 0.0,
            embedding=embedding,
            nearest=await self._nearest(state, where, embedding),
        )

    async def _embedding(self, form: Asked, known: dict[str, list[float]]) -> list[float] | None:
        embedder = self._projection.embedder
        if embedder is None:
            return None
        if form.bare not in known:
            try:
                [known[form.bare]] = await embedder.embed([form.bare])
            except EmbedderError as error:
                self._projection.report("query", f"memories are found by words only: {error}")
                return None
            self._projection.report("query", None)
        return known[form.bare]

    async def _nearest(
        self, state: NamespaceState, where: MemoryFilter, embedding: Sequence[float] | None
    ) -> dict[str, float | None] | None:
        embedder = self._projection.embedder
        if embedder is None or embedding is None or state.memories <= self._flat:
            return None
        passing = await self._index.count(state.namespace, where) if where.narrows else state.memories
        if passing <= self._flat:
            return None
        followed = Followed(self._index, embedder.identity, await self._projection.journal.identity(), state)
        limit = min(2000, POOL * state.memories // passing)
        return await self._projection.mirrors.nearest(followed, embedding, limit=limit, lag=_LAG)


def _found(memory: Memory, ranked: Ranked) -> FoundMemory:
    return FoundMemory.model_construct(**(vars(memory) | {"relevance_score": ranked.relevance, "why": ranked.why}))


async def find_memory(projection: Projection, memory_id: str, namespace: str | None = None) -> Memory:
    """Return what holds under an id, in one namespace or in the only one that has it.

    Raises:
        NotFound: there is none, or it was forgotten.
        InvalidRequest: several namespaces have one of this id.
    """
    slots = await slots_of(projection, memory_id, namespace)
    held = await projection.index.get(slots)
    if not held:
        raise NotFound(
            f"there is no memory {memory_id}" + (f" in {namespace}" if namespace else "") + ", or it was forgotten"
        )
    if len(held) > 1:
        names = ", ".join(sorted({slot.namespace for slot in held}))
        raise InvalidRequest(f"there are {len(held)} memories {memory_id}, in {names}: name the namespace")
    return next(iter(held.values()))


async def history_of_memory(projection: Projection, memory_id: str, namespace: str | None = None) -> list[PastMemory]:
    """Return all versions of the slots in which the id stands, or stood; the one that holds first.

    Raises:
        NotFound: no version has this id.
    """
    histories = await projection.journal.histories(await slots_of(projection, memory_id, namespace))
    if not histories:
        raise NotFound(f"there has never been a memory {memory_id}" + (f" in {namespace}" if namespace else ""))
    return [version for versions in histories.values() for version in history_of(versions)]


async def slots_of(projection: Projection, memory_id: str, namespace: str | None = None) -> list[Slot]:
    """Return the slots that have, or had, a memory of this id."""
    await projection.catch_up()
    slots = await projection.journal.slots_of(memory_id)
    return [slot for slot in slots if namespace in (None, slot.namespace)]
