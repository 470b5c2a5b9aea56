"""Indexes of memories: what is put into them, and what is found."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.embedders.hashing import HashingEmbedder, Settings
from rookery.adapters.memory_indexes.sqlite import SqliteMemoryIndex
from rookery.domain.cues import cues_of
from rookery.domain.memories import EVERYTHING, Memory, MemoryFilter
from rookery.domain.ports.memory_index import (
    Candidate,
    Embedded,
    Holding,
    MemoryIndexPort,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANALYZER = SnowballAnalyzer()
EMBEDDER = HashingEmbedder(Settings(dimension=16))
MODEL = EMBEDDER.identity


def sqlite_index(home: Path) -> SqliteMemoryIndex:
    return SqliteMemoryIndex(home, analyzer=ANALYZER)


def memory(key: str, content: str, *, minutes: float = 0, **more: object) -> Memory:
    fields = {"id": f"m-{key}", "namespace": "a", "key": key, "content": content}
    return Memory.model_validate(fields | {"timestamp": NOON + timedelta(minutes=minutes)} | more)


def holding(cursor: int, key: str, content: str, *, minutes: float = 0, **more: object) -> Holding:
    held = memory(key, content, minutes=minutes, **more)
    return Holding(held, cues_of(held.content, held.tags), cursor)


def tombstone(cursor: int, key: str, **more: object) -> Holding:
    return holding(cursor, key, "", forgotten=True, **more)


async def apply(index: MemoryIndexPort, *holdings: Holding) -> None:
    await index.apply(holdings, follows="j", cursor=max(one.cursor for one in holdings))


async def embed_all(index: MemoryIndexPort, embedder: HashingEmbedder = EMBEDDER) -> None:
    memories = await index.unembedded(embedder.identity, limit=1000)
    vectors = await embedder.embed([one.content for one in memories])
    pairs = [Embedded(one.slot, vector) for one, vector in zip(memories, vectors, strict=True)]
    await index.embed(embedder.identity, pairs)


async def find(
    index: MemoryIndexPort,
    query: str,
    where: MemoryFilter = EVERYTHING,
    *,
    namespace: str = "a",
    pool: int = 100,
    dense: bool = False,
    nearest: Sequence[str] | None = None,
) -> dict[str, Candidate]:
    """Return the candidates by key."""
    [embedding] = await EMBEDDER.embed([query])
    found = await index.candidates(
        namespace,
        ANALYZER.terms(query),
        where,
        pool=pool,
        window_weight=1.5,
        embedding=embedding if dense else None,
        nearest=None if nearest is None else dict.fromkeys(nearest),
    )
    assert len({candidate.slot for candidate in found}) == len(found)
    return {candidate.slot.key: candidate for candidate in found}


async def keys(index: MemoryIndexPort, where: MemoryFilter = EVERYTHING) -> list[str]:
    items, _ = await index.page(where, limit=1000)
    return [one.key for one in items]
