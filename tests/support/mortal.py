"""Stores in memory whose program may die at each change; what they hold outlives it."""

from collections.abc import Sequence

from rookery.adapters.analyzers.plain import PlainAnalyzer
from rookery.adapters.journals.in_memory import InMemoryMemoryJournal
from rookery.adapters.memory_indexes.in_memory import InMemoryMemoryIndex
from rookery.adapters.sync_ledgers.in_memory import InMemorySyncLedger
from rookery.domain.memories import Memory
from rookery.domain.ports.memory_index import Embedded, Holding
from rookery.domain.ports.memory_journal import Appended
from rookery.domain.sync import Standing


class Crash(BaseException):
    """The program died."""


class Fuse:
    """Burns at a call that changes what is stored, before or after the change; then every further call dies too."""

    def __init__(self) -> None:
        self._left = -1
        self._after_effect = False
        self._burnt = False

    def set(self, calls: int, *, after_effect: bool) -> None:
        """Let the program die at the call of this number, counted from 1."""
        self._left, self._after_effect = calls, after_effect

    def replace(self) -> None:
        """Put in a sound one."""
        self._left, self._burnt = -1, False

    def before(self) -> None:
        """Go into a call."""
        self._left -= 1
        if self._burnt or (self._left == 0 and not self._after_effect):
            self._burn()

    def after(self) -> None:
        """Come out of a call."""
        if self._left == 0:
            self._burn()

    def _burn(self) -> None:
        self._burnt = True
        raise Crash


class Journal(InMemoryMemoryJournal):
    """A journal that tells what was ever put into any, and whose program may die."""

    def __init__(self, identity: str, fuse: Fuse, written: set[str]) -> None:
        super().__init__(identity)
        self._fuse = fuse
        self._written = written

    async def append(self, versions: Sequence[Memory]) -> Appended:
        self._fuse.before()
        appended = await super().append(versions)
        self._written |= {memory.version for memory in versions}
        self._fuse.after()
        return appended


class Index(InMemoryMemoryIndex):
    """An index whose program may die."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__(analyzer=PlainAnalyzer())
        self._fuse = fuse

    async def apply(self, holdings: Sequence[Holding], *, follows: str, cursor: int) -> None:
        self._fuse.before()
        await super().apply(holdings, follows=follows, cursor=cursor)
        self._fuse.after()

    async def embed(self, model: str, embeddings: Sequence[Embedded]) -> None:
        self._fuse.before()
        await super().embed(model, embeddings)
        self._fuse.after()


class Ledger(InMemorySyncLedger):
    """A ledger whose program may die."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    async def save(self, remote: str, standing: Standing) -> None:
        self._fuse.before()
        await super().save(remote, standing)
        self._fuse.after()
