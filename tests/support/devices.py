"""Machines that sync, wholly in memory: what they stored outlives the death of their programs."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from rookery.application.memory.mirrors import Mirrors
from rookery.application.memory.projection import Projection
from rookery.application.memory.sync import SyncMemories
from rookery.application.memory.writing import Forget, Remember
from rookery.domain.memories import EVERYTHING, Memory, NewMemory, by_slot, history_of, winner
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.sync import Standing, SyncReport
from tests.support.mortal import Fuse, Index, Journal, Ledger
from tests.support.shared_store import Line, SharedStore
from tests.support.stepping import run

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
REMOTE = "the shared store"
_LANES = 64  # devices whose clocks never tell the same microsecond


class SkewedClock(ClockPort):
    """Goes forward a little at each look, is turned at will, and yet never tells the same moment twice."""

    def __init__(self, name: str, lane: int) -> None:
        self.skew = timedelta(0)
        self.lane = lane
        self._name = name
        self._looks = 0

    def now(self) -> datetime:
        self._looks += 1
        return START + self.skew + timedelta(microseconds=self._looks * _LANES + self.lane)

    def monotonic(self) -> float:
        return float(self._looks)

    async def sleep(self, seconds: float) -> None:
        self.skew += timedelta(seconds=seconds)

    def new_id(self) -> str:
        self._looks += 1
        return f"{self._name}-{self._looks}"


class Backup(NamedTuple):
    """What a copy of a home holds."""

    machine: str
    identity: str
    versions: list[Memory]
    standing: Standing | None


class Device:
    """A machine with one home.

    Args:
        name: of the machine; it begins the names under which it syncs.
        lane: a number that no other device has.
        store: what it syncs with.
        written: takes every version that gets into its journal.
        embedder: None: words alone.
    """

    def __init__(
        self, name: str, lane: int, store: SharedStore, written: set[str], *, embedder: EmbedderPort | None = None
    ) -> None:
        self.name = name
        self.clock = SkewedClock(name, lane)
        self.fuse = Fuse()
        self.store = store
        self.line = Line(store, self.fuse)
        self.acknowledged: set[str] = set()
        self._written = written
        self._embedder = embedder
        self.journal = Journal(f"journal of {name}", self.fuse, written)
        self.ledger = Ledger(self.fuse)
        self.index = Index(self.fuse)
        self.start()

    def start(self) -> None:
        """Start the program anew over what is stored."""
        self.fuse.replace()
        self.line.calm()
        self.projection = Projection(self.journal, self.index, Mirrors([], self.clock), self._embedder)
        self._remember = Remember(self.projection, self.clock)
        self._forget = Forget(self.projection, self.clock)
        self._sync = SyncMemories(
            self.projection, objects=self.line, ledger=self.ledger, remote=REMOTE, clock=self.clock
        )

    def remember(self, *new: NewMemory) -> list[Memory]:
        """Store memories; what the journal holds then is acknowledged."""
        held = run(self._remember(*new))
        self._acknowledge()
        return held

    def remember_beside(self, *new: NewMemory) -> None:
        """Store memories by another program of this home, which runs at the same time."""
        other = Projection(self.journal, self.index, Mirrors([], self.clock), None)
        run(Remember(other, self.clock)(*new))
        self._acknowledge()

    def forget(self, memory_id: str) -> None:
        """Forget a memory that holds."""
        run(self._forget(memory_id))
        self._acknowledge()

    def sync(self) -> SyncReport:
        """Exchange with the others."""
        report = run(self._sync())
        self._acknowledge()
        return report

    def versions(self) -> list[Memory]:
        """Return what the journal holds, in the order of arrival."""
        return [entry.memory for entry in run(self.journal.after(0, limit=1_000_000))]

    def back_up(self) -> Backup:
        """Copy the home."""
        return Backup(self.name, run(self.journal.identity()), self.versions(), run(self.ledger.load(REMOTE)))

    def put_back(self, backup: Backup, *, ledger: bool, index: bool) -> None:
        """Replace the journal, and the ledger or the index when asked, by what the backup holds; start anew."""
        self.fuse.replace()
        self.journal = Journal(backup.identity, self.fuse, self._written)
        run(self.journal.append(backup.versions))
        if ledger:
            self.ledger = Ledger(self.fuse)
            if backup.standing is not None:
                run(self.ledger.save(REMOTE, backup.standing))
        if index:
            self.index = Index(self.fuse)
        self.acknowledged = _names(backup.versions)
        self.start()

    def _acknowledge(self) -> None:
        self.acknowledged |= _names(self.versions())


def sync_until_idle(devices: Sequence[Device], *, rounds: int) -> None:
    """Sync all devices, round by round, until a round exchanges nothing."""
    for _ in range(rounds):
        reports = [device.sync() for device in devices]
        if all(is_idle(report) for report in reports):
            return
    raise AssertionError(f"after {rounds} rounds the devices still exchange something: {reports}")


def is_idle(report: SyncReport) -> bool:
    """Return whether a sync moved nothing at all, and met no problem."""
    counts = report.model_dump(exclude={"devices", "problems"})
    return not any(counts.values()) and not report.problems


def assert_all_agree(devices: Sequence[Device]) -> None:
    """Check that all hold the same versions, and that their indexes have what wins."""
    truth = {memory.version: memory for memory in devices[0].versions()}
    slots = by_slot(list(truth.values()))
    holds = {slot: winner(versions) for slot, versions in slots.items()}
    fates = {slot: history_of(versions) for slot, versions in slots.items()}
    live = {slot: memory for slot, memory in holds.items() if not memory.forgotten}
    for device in devices:
        versions = device.versions()
        assert {memory.version: memory for memory in versions} == truth
        assert {slot: history_of(found) for slot, found in by_slot(versions).items()} == fates
        assert run(device.index.get(list(slots))) == live
        page, more = run(device.index.page(EVERYTHING, limit=1000))
        assert {memory.slot: memory for memory in page} == live
        assert len(page) == len(live)
        assert more is None


def _names(versions: Iterable[Memory]) -> set[str]:
    return {memory.version for memory in versions}
