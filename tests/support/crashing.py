"""Programs that write to a real home and are killed.

A nursery is a process that has imported everything and has neither threads nor an event loop, so that it can fork a
program in milliseconds. A program reports on its standard output, a line each: `born PID`, `in` and `out` around each
change of what is stored, `ack VERSION…` for what it told its caller. The nursery reports `dead`.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rookery.adapters.analyzers.plain import PlainAnalyzer
from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.embedders.hashing import HashingEmbedder
from rookery.adapters.embedders.hashing import Settings as HashingSettings
from rookery.adapters.journals.sqlite import SqliteMemoryJournal
from rookery.adapters.memory_indexes.sqlite import SqliteMemoryIndex
from rookery.adapters.object_stores.directory import DirectoryObjectStore
from rookery.adapters.object_stores.directory import Settings as DirectorySettings
from rookery.adapters.sync_ledgers.sqlite import SqliteSyncLedger
from rookery.adapters.vector_stores.chroma import ChromaVectorStore
from rookery.adapters.vector_stores.chroma import Settings as ChromaSettings
from rookery.adapters.vector_stores.in_memory import InMemoryVectorStore
from rookery.application.memory.mirrors import Mirror, Mirrors
from rookery.application.memory.projection import Projection
from rookery.application.memory.sync import SyncMemories
from rookery.application.memory.writing import Forget, Remember
from rookery.domain.errors import NotFound
from rookery.domain.memories import Memory, NewMemory, Slot, default_id
from rookery.domain.ports.memory_index import Embedded, Holding
from rookery.domain.ports.memory_journal import Appended
from rookery.domain.ports.vector_store import Vector, VectorStorePort
from rookery.domain.sync import Standing

WORDS = ["rent", "light", "crew", "ferry", "storm", "coal", "ledger", "paid", "left", "noon", "keeper", "signal"]
NAMESPACES = ["agents", "ben"]
_MOST_DEEDS = 400


@dataclass(frozen=True)
class Life:
    """What a program does: on which home, with which other home's share, by which chance."""

    home: str
    share: str
    seed: int
    chroma: bool = False


class Home:
    """The use cases of memory over a home on disk, as the product puts them together."""

    def __init__(self, path: Path, share: Path, *, chroma: bool = False) -> None:
        self.clock = SystemClock()
        self.embedder = HashingEmbedder(HashingSettings(dimension=16))
        self.journal = _Journal(path)
        self.index = _Index(path, analyzer=PlainAnalyzer())
        self.vectors: VectorStorePort = _Chroma(ChromaSettings(), home=path) if chroma else InMemoryVectorStore()
        mirrors = Mirrors([Mirror("vectors", self.vectors)], self.clock)
        self.projection = Projection(self.journal, self.index, mirrors, self.embedder)
        self.ledger = _Ledger(path)
        self.remember = Remember(self.projection, self.clock)
        self.forget = Forget(self.projection, self.clock)
        self.sync = SyncMemories(
            self.projection,
            objects=_Share(DirectorySettings(path=share)),
            ledger=self.ledger,
            remote="the share",
            clock=self.clock,
        )

    async def versions(self) -> list[Memory]:
        """Return what the journal holds, in the order of arrival."""
        return [entry.memory for entry in await self.journal.after(0, limit=1_000_000)]

    async def close(self) -> None:
        """Close every file."""
        for store in (self.journal, self.index, self.ledger):
            store.close()
        await self.vectors.close()


class Nursery:
    """The process that forks programs, seen from the test."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def kill_after(self, life: Life, reports: int) -> list[str]:
        """Let a program live until it has reported so often, kill it, and return all versions that it acknowledged."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(asdict(life))}\n".encode())
        self._process.stdin.flush()
        born, child = self._report()
        assert born == "born"
        acknowledged: list[str] = []
        count = 0
        while True:
            word, *rest = self._report()
            if word == "dead":
                assert int(rest[0]) == -signal.SIGKILL, f"the program of {life} ended by itself: {rest}"
                return acknowledged
            acknowledged += rest
            count += 1
            if count == reports:
                os.kill(int(child), signal.SIGKILL)

    def _report(self) -> list[str]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.endswith(b"\n"), "the nursery is gone"
        return line.decode().split()


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Run a nursery."""
    command = [sys.executable, "-m", "tests.support.crashing"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root) as process:
        try:
            yield Nursery(process)
        finally:
            process.kill()


class _Journal(SqliteMemoryJournal):
    async def append(self, versions: Sequence[Memory]) -> Appended:
        with _reported():
            return await super().append(versions)


class _Index(SqliteMemoryIndex):
    async def apply(self, holdings: Sequence[Holding], *, follows: str, cursor: int) -> None:
        with _reported():
            await super().apply(holdings, follows=follows, cursor=cursor)

    async def embed(self, model: str, embeddings: Sequence[Embedded]) -> None:
        with _reported():
            await super().embed(model, embeddings)


class _Ledger(SqliteSyncLedger):
    async def save(self, remote: str, standing: Standing) -> None:
        with _reported():
            await super().save(remote, standing)


class _Share(DirectoryObjectStore):
    async def put_new(self, name: str, content: bytes) -> bool:
        with _reported():
            return await super().put_new(name, content)


class _Chroma(ChromaVectorStore):
    async def upsert(self, collection: str, vectors: Sequence[Vector]) -> None:
        with _reported():
            await super().upsert(collection, vectors)

    async def set_note(self, collection: str, note: str) -> None:
        with _reported():
            await super().set_note(collection, note)


_reporting = False


def _report(*words: str) -> None:
    if _reporting:
        os.write(1, f"{' '.join(words)}\n".encode())  # less than PIPE_BUF: a kill leaves no half of it


@contextmanager
def _reported() -> Iterator[None]:
    _report("in")
    yield
    _report("out")


async def _live(life: Life) -> None:
    chance = random.Random(life.seed)
    home = Home(Path(life.home), Path(life.share), chroma=life.chroma)
    for _ in range(_MOST_DEEDS):
        await _do_something(home, chance)
        if life.chroma:
            await home.projection.mirror(lag=0)


async def _do_something(home: Home, chance: random.Random) -> None:
    deed = chance.choices(["one", "batch", "forget", "sync", "catch up"], [5, 2, 3, 3, 1])[0]
    if deed == "forget":
        await _forget(home, _slot(chance))
    elif deed == "sync":
        report = await home.sync()
        assert report.problems == []
        _report("ack", *(memory.version for memory in (await home.versions())[-40:]))
    elif deed == "catch up":
        await home.projection.catch_up()
    else:
        new = [_new(chance) for _ in range(1 if deed == "one" else chance.randint(2, 20))]
        _report("ack", *(memory.version for memory in await home.remember(*new)))


async def _forget(home: Home, slot: Slot) -> None:
    try:
        await home.forget(default_id(slot), namespace=slot.namespace)
    except NotFound:
        return
    histories = await home.journal.histories([slot])
    _report("ack", *(memory.version for memory in histories[slot][-40:]))


def _slot(chance: random.Random) -> Slot:
    return Slot(chance.choice(NAMESPACES), f"key {chance.randrange(30)}")


def _new(chance: random.Random) -> NewMemory:
    slot, words = _slot(chance), chance.choices(WORDS, k=chance.randint(1, 12))
    return NewMemory(
        namespace=slot.namespace, key=slot.key, content=" ".join(words), tags=words[:2], priority=chance.randrange(3)
    )


def _nurse() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _begin(Life(**json.loads(line)))
        _, status = os.waitpid(child, 0)
        os.write(1, f"dead {os.waitstatus_to_exitcode(status)}\n".encode())


def _begin(life: Life) -> None:
    global _reporting  # noqa: PLW0603 - a program of its own from here on
    _reporting = True
    _report("born", str(os.getpid()))
    try:
        asyncio.run(_live(life))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


if __name__ == "__main__":
    _nurse()
