"""The stores of vectors that follow the index: one is searched, the others take over when it fails."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from rookery.domain.errors import EmbedderError, VectorStoreError
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.memory_index import Change, MemoryIndexPort, NamespaceState
from rookery.domain.ports.vector_store import Vector, VectorHit, VectorStorePort

_FOLLOWED_AT_ONCE = 2000
_REST_SECONDS = 30.0  # for which a store that failed is not asked again


class Mirror(NamedTuple):
    """A store of vectors and the name by which it is set."""

    name: str
    store: VectorStorePort


class Source(NamedTuple):
    """An index, as a model sees it, of a journal."""

    memories: MemoryIndexPort
    model: str
    journal: str


class Followed(NamedTuple):
    """What a store is to follow: a namespace of an index, as a model sees it."""

    source: MemoryIndexPort
    model: str
    journal: str
    namespace: NamespaceState

    @property
    def collection(self) -> str:
        """The name of the collection; several homes may use one store."""
        return f"memories-{self.journal}-{self.namespace.namespace}-{self.model}"


class Mirrors:
    """Vectors in the order of preference.

    Each collection carries a note: the cursor up to which it follows. A collection that has lost vectors, or that
    follows another past of the journal, is filled again. A store that is damaged is emptied and filled again, since
    all that it had can be made from the index.

    Args:
        mirrors: the first one is searched as long as it answers.
        clock: for the rest after a failure.
        on_reset: called when a store was emptied, so that others can put back what they kept there.
        past: names what the journal held up to a cursor, so that one put back from a backup is noticed.
    """

    def __init__(
        self,
        mirrors: Sequence[Mirror],
        clock: ClockPort,
        *,
        on_reset: Callable[[VectorStorePort], Awaitable[None]] | None = None,
        past: Callable[[int], Awaitable[str | None]] | None = None,
    ) -> None:
        self._mirrors = mirrors
        self._clock = clock
        self._on_reset = on_reset
        self._past = past
        self._turn = asyncio.Lock()
        self._positions: dict[tuple[str, str], int] = {}
        self._failures: dict[str, tuple[str, float]] = {}
        self._mended: dict[str, str] = {}

    @property
    def trouble(self) -> list[str]:
        """Which stores do not answer or were damaged, in words for the person."""
        down = [f"{name} does not follow and is not searched: {why}" for name, (why, _) in self._failures.items()]
        return [*self._mended.values(), *down]

    async def follow(self, source: Source, *, lag: int = 0, above: int = 0) -> None:
        """Bring every store up to date where it is more than `lag` cursors behind. Failures become `trouble`.

        Args:
            source: what is to be followed.
            lag: changes.
            above: the first store, which serves searches alone, is left as it is in namespaces of no more memories.
        """
        async with self._turn:
            for state in await source.memories.namespaces():
                followed = Followed(source.memories, source.model, source.journal, state)
                for mirror in self._mirrors if state.memories > above else self._mirrors[1:]:
                    await self._try(mirror, followed, lag)

    async def nearest(
        self, followed: Followed, embedding: Sequence[float], *, limit: int, lag: int
    ) -> dict[str, float | None] | None:
        """Return the keys of the nearest memories with their cosines, and of those that the store has not got yet.

        The cosine of a memory that changed since the store has seen it is None. The whole is None when no store
        can be searched, which is then told by `trouble`.
        """
        for mirror in self._mirrors:
            try:
                hits = await self._hits(mirror, followed, list(embedding), limit=limit, lag=lag)
            except VectorStoreError as error:
                self._failed(mirror, error)
                continue
            if hits is not None:
                missing = await self._missing(mirror, followed)
                return dict(hits) | dict.fromkeys(change.slot.key for change in missing)
        return None

    async def reset(self) -> None:
        """Empty every store; one that does not answer becomes trouble."""
        self._positions.clear()
        self._failures.clear()
        for mirror in self._mirrors:
            try:
                await self._empty(mirror)
            except VectorStoreError as error:
                self._failed(mirror, error)

    async def close(self) -> None:
        """Let go of the stores but the first, which belongs to others too."""
        for mirror in self._mirrors[1:]:
            await mirror.store.close()

    async def _hits(
        self, mirror: Mirror, followed: Followed, embedding: list[float], *, limit: int, lag: int
    ) -> list[VectorHit] | None:
        """Search a store; None when it is not to be. One that has lost its vectors meanwhile is filled again."""
        hits: list[VectorHit] | None = None
        for _ in range(2):
            async with self._turn:
                if not await self._try(mirror, followed, lag):
                    return None
            try:
                hits = await mirror.store.search(followed.collection, embedding, limit=limit)
            except VectorStoreError as error:
                async with self._turn:
                    await self._mend(mirror, error)
                continue
            if hits or not self._positions.get((mirror.name, followed.collection)):
                return hits
            del self._positions[mirror.name, followed.collection]
        return hits

    async def _try(self, mirror: Mirror, followed: Followed, lag: int) -> bool:
        """Follow; tell whether the store can be searched."""
        if self._rests(mirror):
            return False
        try:
            try:
                await self._follow(mirror, followed, lag)
            except VectorStoreError as error:
                await self._mend(mirror, error)
                await self._follow(mirror, followed, lag)
        except VectorStoreError as error:
            self._failed(mirror, error)
            return False
        self._failures.pop(mirror.name, None)
        return True

    async def _follow(self, mirror: Mirror, followed: Followed, lag: int) -> None:
        place = (mirror.name, followed.collection)
        if place not in self._positions:
            self._positions[place] = await self._position(mirror.store, followed)
        if followed.namespace.cursor - self._positions[place] <= lag:
            return
        while changes := await self._changes(followed, self._positions[place]):
            await _store(mirror.store, followed.collection, changes, await self._note(changes[-1].cursor))
            self._positions[place] = changes[-1].cursor

    async def _position(self, store: VectorStorePort, followed: Followed) -> int:
        """Return how far a collection follows; 0 when it is not there or holds something else than it should."""
        note = await store.note(followed.collection)
        if note is None:
            return 0
        number = note.partition(" ")[0]
        position = int(number) if number.isdecimal() and note == await self._note(int(number)) else -1
        whole = 0 <= position < followed.namespace.cursor or (
            position == followed.namespace.cursor
            and await store.count(followed.collection) == followed.namespace.memories
        )
        if not whole:
            await store.drop(followed.collection)
        return position if whole else 0

    async def _note(self, cursor: int) -> str:
        past = await self._past(cursor) if self._past is not None else None
        return str(cursor) if past is None else f"{cursor} {past}"

    async def _changes(self, followed: Followed, after: int) -> list[Change]:
        name = followed.namespace.namespace
        return await followed.source.changes(name, followed.model, after=after, limit=_FOLLOWED_AT_ONCE)

    async def _missing(self, mirror: Mirror, followed: Followed) -> list[Change]:
        position = self._positions.get((mirror.name, followed.collection), 0)
        return [] if position >= followed.namespace.cursor else await self._changes(followed, position)

    async def _mend(self, mirror: Mirror, error: VectorStoreError) -> None:
        """Empty a store that is damaged, once; raise the error again when that cannot help."""
        if error.retryable or mirror.name in self._mended:
            raise error
        self._mended[mirror.name] = f"the vectors in {mirror.name} were lost and have been made anew ({error})"
        await self._empty(mirror)

    async def _empty(self, mirror: Mirror) -> None:
        await mirror.store.reset()
        self._positions = {place: at for place, at in self._positions.items() if place[0] != mirror.name}
        if self._on_reset is None:
            return
        try:
            await self._on_reset(mirror.store)
        except EmbedderError as error:
            raise VectorStoreError(f"what else was in {mirror.name} could not be put back: {error}") from error

    def _rests(self, mirror: Mirror) -> bool:
        failure = self._failures.get(mirror.name)
        return failure is not None and self._clock.monotonic() < failure[1]

    def _failed(self, mirror: Mirror, error: VectorStoreError) -> None:
        self._failures[mirror.name] = (str(error), self._clock.monotonic() + _REST_SECONDS)
        self._positions = {place: at for place, at in self._positions.items() if place[0] != mirror.name}


async def _store(store: VectorStorePort, collection: str, changes: Sequence[Change], note: str) -> None:
    vectors = [Vector(change.slot.key, "", change.embedding) for change in changes if change.embedding is not None]
    if vectors:
        await store.upsert(collection, vectors)
    await store.delete(collection, {change.slot.key for change in changes if change.embedding is None})
    if vectors or await store.note(collection) is not None:
        await store.set_note(collection, note)
