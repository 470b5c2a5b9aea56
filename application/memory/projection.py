"""Keeping the indexes in step with the journal.

The journal is written first. What is killed before the indexes have followed, or finds them damaged or gone, loses
nothing: each index says how far it follows, and goes on from there.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from rookery.application.memory.mirrors import Mirrors, Source
from rookery.domain.cues import cues_of
from rookery.domain.errors import EmbedderError, StoreDamaged
from rookery.domain.memories import Slot, winner
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.ports.memory_index import Embedded, Holding, IndexState, MemoryIndexPort
from rookery.domain.ports.memory_journal import MemoryJournalPort

_APPLIED_AT_ONCE = 1000
_EMBEDDED_AT_ONCE = 256
_NOTHING = IndexState(None, 0, None)
_NOWHERE = Slot("", "")

OnProgress = Callable[[int], None]


class Projection:
    """The index of what holds, its embeddings, and the stores of vectors, as projections of one journal.

    Args:
        journal: the truth.
        index: what holds, by words, time and neighbours; it keeps the embeddings too.
        mirrors: the stores of vectors.
        embedder: None: words alone.
    """

    def __init__(
        self, journal: MemoryJournalPort, index: MemoryIndexPort, mirrors: Mirrors, embedder: EmbedderPort | None
    ) -> None:
        self.journal = journal
        self.index = index
        self.mirrors = mirrors
        self.embedder = embedder
        self._turn = asyncio.Lock()
        self._embedded_up_to = -1
        self._trouble: dict[str, str] = {}

    @property
    def trouble(self) -> list[str]:
        """What is degraded, in words for the person."""
        wordless = [] if self.embedder else ["there is no embedder, so memories are found by words only"]
        return [*wordless, *self._trouble.values(), *self.mirrors.trouble]

    def report(self, what: str, trouble: str | None) -> None:
        """Note that something is degraded, or that it is not any more."""
        self._trouble.pop(what, None)
        if trouble is not None:
            self._trouble[what] = trouble

    async def catch_up(self, on_progress: OnProgress = lambda _: None) -> IndexState:
        """Bring the index of what holds up to date, embeddings included. Return how far it follows.

        Args:
            on_progress: told how many memories were embedded, as it goes on.

        Raises:
            StoreDamaged: the journal is damaged; the indexes are left as they are.
            StorageError: the journal or the index cannot be used.
        """
        async with self._turn:
            try:
                return await self._apply(on_progress)
            except StoreDamaged as error:
                if await self.journal.check():  # it is the journal that is damaged: what follows it is worth keeping
                    raise
                await self._reset()
                self.report("index", f"the index of memories was damaged and has been made anew ({error})")
                return await self._apply(on_progress)

    async def mirror(self, *, lag: int = 0, above: int = 0) -> None:
        """Bring each store of vectors up to date when it is more than `lag` changes behind. Failures become trouble.

        With `above`, the first store is left as it is in namespaces of no more memories than that.
        """
        if self.embedder is not None:
            source = Source(self.index, self.embedder.identity, await self.journal.identity())
            await self.mirrors.follow(source, lag=lag, above=above)

    async def rebuild(self, on_progress: OnProgress = lambda _: None) -> int:
        """Throw all projections away and make them again from the journal. Return how many memories hold.

        Raises:
            StorageError: the journal cannot be read, or the index cannot be written.
        """
        async with self._turn:
            await self._reset()
        await self.mirrors.reset()
        await self.catch_up(on_progress)
        await self.mirror()
        return sum(state.memories for state in await self.index.namespaces())

    async def embed_anew(self, example: Sequence[float]) -> None:
        """Make all embeddings again, because those that the embedder makes now are as long as this one.

        Raises:
            StorageError: the journal or the index cannot be used.
        """
        if self.embedder is not None:
            async with self._turn:
                await self.index.embed(self.embedder.identity, [Embedded(_NOWHERE, example)])
                self._embedded_up_to = -1
            await self.catch_up()

    async def _reset(self) -> None:
        await self.index.reset()
        self._embedded_up_to = -1

    async def _apply(self, on_progress: OnProgress) -> IndexState:
        """Follow the journal, part by part."""
        done = 0

        def told(more: int) -> None:
            nonlocal done
            done += more
            on_progress(done)

        state = await self.index.state()
        if state.journal not in (None, await self._follows(state.cursor)):
            await self._reset()
            state = _NOTHING
        able, end = True, await self.journal.end()
        while state.cursor < end and (arrivals := await self.journal.arrivals(state.cursor, limit=_APPLIED_AT_ONCE)):
            cursor = arrivals[-1].cursor
            holdings = await self._holdings({slot: place for place, slot in arrivals})
            await self.index.apply(holdings, follows=await self._follows(cursor), cursor=cursor)
            state = state._replace(cursor=cursor)
            able = able and await self._embed(state, told)
        if able:
            await self._embed(state, told)
        return state

    async def _follows(self, cursor: int) -> str:
        """Name the journal and its past, since another may have been put in its place from a backup."""
        return f"{await self.journal.identity()} {await self.journal.past(cursor)}"

    async def _holdings(self, cursors: Mapping[Slot, int]) -> list[Holding]:
        """Return what holds in slots that changed; with each is the cursor of its last change."""
        histories = await self.journal.histories(list(cursors))
        standing = {slot: winner(versions) for slot, versions in histories.items()}
        return [
            Holding(memory, cues_of(memory.content, memory.tags), cursors[slot]) for slot, memory in standing.items()
        ]

    async def _embed(self, state: IndexState, told: OnProgress) -> bool:
        """Embed what has no embedding yet; tell whether that went well."""
        embedder = self.embedder
        if embedder is None or state.cursor == self._embedded_up_to:
            return True
        try:
            while bare := await self.index.unembedded(embedder.identity, limit=_EMBEDDED_AT_ONCE):
                vectors = await embedder.embed([one.content for one in bare])
                embedded = [Embedded(one.slot, vector) for one, vector in zip(bare, vectors, strict=True)]
                await self.index.embed(embedder.identity, embedded)
                told(len(bare))
        except EmbedderError as error:
            self.report("embedder", f"new memories are found by words only: {error}")
            return False
        self.report("embedder", None)
        self._embedded_up_to = state.cursor
        return True
