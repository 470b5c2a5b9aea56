"""Memory as a colony has it, in a folder of its own, with a clock that a test turns."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.embedders.hashing import HashingEmbedder, Settings
from rookery.adapters.journals.sqlite import SqliteMemoryJournal
from rookery.adapters.memory_indexes.sqlite import SqliteMemoryIndex
from rookery.application.memory.mirrors import Mirror, Mirrors
from rookery.application.memory.projection import Projection
from rookery.application.memory.recall import FLAT, SearchMemories
from rookery.application.memory.writing import Forget, ImportMemories, Remember
from rookery.domain.memories import FoundMemory, Memory, MemoryFilter, NewMemory
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.ports.vector_store import VectorStorePort

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HASHING = HashingEmbedder(Settings())


class Mind:
    """Everything that remembers and recalls, built on one home. Two minds of one home are two processes, as it were.

    Args:
        home: the folder.
        embedder: None: words alone.
        stores: of vectors, in the order of preference; they are called store-1, store-2 and so on.
        flat: memories up to which no store is asked.
        half_life: of scores.
        on_reset: called with a store that was emptied.
    """

    def __init__(
        self,
        home: Path,
        *,
        embedder: EmbedderPort | None = HASHING,
        stores: Sequence[VectorStorePort] = (),
        flat: int = FLAT,
        half_life: timedelta | None = None,
        on_reset: Callable[[VectorStorePort], Awaitable[None]] | None = None,
    ) -> None:
        analyzer = SnowballAnalyzer()
        named = [Mirror(f"store-{number}", store) for number, store in enumerate(stores, 1)]
        self.clock = ManualClock(NOON)
        self.journal = SqliteMemoryJournal(home)
        self.index = SqliteMemoryIndex(home, analyzer=analyzer)
        self.mirrors = Mirrors(named, self.clock, on_reset=on_reset)
        self.projection = Projection(self.journal, self.index, self.mirrors, embedder)
        self.remember = Remember(self.projection, self.clock)
        self.forget = Forget(self.projection, self.clock)
        self.take_over = ImportMemories(self.remember, self.projection)
        self.search = SearchMemories(self.projection, analyzer, self.clock, half_life=half_life, flat=flat)

    async def add(self, content: str, *, minutes: float = 0, **fields: object) -> Memory:
        """Remember something said so many minutes after noon."""
        said = {"content": content, "timestamp": NOON + timedelta(minutes=minutes)} | fields
        [held] = await self.remember(NewMemory.model_validate(said))
        return held

    async def find(self, query: str, *, limit: int = 10, **where: object) -> list[FoundMemory]:
        """Return what a search finds."""
        recalled = await self.search(query, MemoryFilter.model_validate(where), limit=limit)
        return recalled.memories

    async def told(self, query: str, **where: object) -> list[str]:
        """Return the contents that a search finds, best first."""
        return [memory.content for memory in await self.find(query, **where)]

    def close(self) -> None:
        """Close the files."""
        self.journal.close()
        self.index.close()
