"""The store between machines, and the bad lines that lead to it."""

from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from enum import Enum, auto

from rookery.adapters.object_stores.in_memory import InMemoryObjectStore
from rookery.application.memory.segments import unpack
from rookery.domain.errors import NotFound, StorageError
from rookery.domain.ports.object_store import ObjectStorePort
from tests.support.mortal import Fuse
from tests.support.stepping import run


class Fault(Enum):
    """What may happen to a call; what does not fit a call leaves it alone."""

    NONE = auto()
    REFUSED = auto()
    """Busy: nothing was done."""
    LOST = auto()
    """It was done, and the answer was lost."""
    ABSENT = auto()
    """An object that is listed cannot be read yet."""
    CUT = auto()
    """A listing ends too early."""
    STALE = auto()
    """A listing is one of a while ago."""
    PATCHY = auto()
    """A listing shows the newest name and not yet the ones before, as a folder does that is being filled."""


class SharedStore(InMemoryObjectStore):
    """The one store; `log` has the names in the order in which they were written."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []
        self._versions: dict[str, set[str]] = {}

    async def put_new(self, name: str, content: bytes) -> bool:
        written = await super().put_new(name, content)
        if written:
            self.log.append(name)
        return written

    def versions(self) -> set[str]:
        """Return every version in a segment that a device has claimed."""
        claimed = [run(self.get(name)).decode() for name in self.log if name.startswith("devices/")]
        return set().union(*(self._versions_of(sha256) for sha256 in claimed))

    def _versions_of(self, sha256: str) -> set[str]:
        if sha256 not in self._versions:
            content = run(self.get(f"segments/{sha256}"))
            self._versions[sha256] = {memory.version for memory in unpack(sha256, content)}
        return self._versions[sha256]


class Line(ObjectStorePort):
    """A device's line to the shared store, with the faults that await the next calls; it counts calls."""

    def __init__(self, store: SharedStore, fuse: Fuse) -> None:
        self.faults: deque[Fault] = deque()
        self.calls: Counter[str] = Counter()
        self._store = store
        self._fuse = fuse
        self._meanwhile: dict[int, Callable[[], object]] = {}

    def meanwhile(self, calls: int, work: Callable[[], object]) -> None:
        """Let something else happen just before a call, counted from the next one, which is 1."""
        self._meanwhile = {self.calls.total() + calls: work}

    def calm(self) -> None:
        """Let nothing happen to the next calls."""
        self.faults.clear()
        self._meanwhile.clear()

    async def put_new(self, name: str, content: bytes) -> bool:
        fault = self._next("put_new")
        self._fuse.before()
        written = await self._store.put_new(name, content)
        self._fuse.after()
        if fault is Fault.LOST:
            raise StorageError("the answer was lost", retryable=True)
        return written

    async def get(self, name: str) -> bytes:
        if self._next("get") is Fault.ABSENT:
            raise NotFound(f"there is no object {name!r}")
        return await self._store.get(name)

    async def names(self, prefix: str, *, after: str = "") -> AsyncIterator[str]:
        fault = self._next("names")
        hidden = set(self._store.log[-4:]) if fault is Fault.STALE else set()
        names = [name async for name in self._store.names(prefix, after=after) if name not in hidden]
        if fault is Fault.CUT:
            names = names[: len(names) // 2]
        if fault is Fault.PATCHY:
            names = names[-1:]
        for name in names:
            yield name

    async def close(self) -> None:
        """There is nothing to close."""

    def _next(self, call: str) -> Fault:
        self.calls[call] += 1
        self._meanwhile.pop(self.calls.total(), _nothing)()
        fault = self.faults.popleft() if self.faults else Fault.NONE
        if fault is Fault.REFUSED:
            raise StorageError("the store is busy", retryable=True)
        return fault


def _nothing() -> None:
    pass
