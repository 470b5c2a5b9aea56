"""What takes the place of a home's stores where machines share runs."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from rookery.adapters.approval_stores.sqlite import SqliteApprovalStore
from rookery.adapters.run_stores.in_memory import InMemoryRunStore
from rookery.adapters.run_stores.sqlite import SqliteRunStore
from rookery.adapters.snapshot_stores.sqlite import SqliteSnapshotStore
from rookery.adapters.support.services.ledger import DeliveryLedger, SqliteDeliveryLedger
from rookery.adapters.support.services.shared_ledger import SharedDeliveryLedger
from rookery.application.ingestion import AddSources, RemoveSource
from rookery.application.sharing.approvals import HomeApprovalStore, SharedApprovalStore
from rookery.application.sharing.claims import LogClaims
from rookery.application.sharing.documents import FetchDocuments, PrepareDocuments, PreparedReader
from rookery.application.sharing.handing import FollowRuns, HandOver, ReceiveSegments
from rookery.application.sharing.lineups import Lineups
from rookery.application.sharing.log import RunLog
from rookery.application.sharing.run_store import HomeRunStore, SharedRunStore
from rookery.application.sharing.snapshots import HomeSnapshotStore, SharedSnapshotStore
from rookery.application.sharing.watching import LogWatch
from rookery.application.sharing.wishes import Wishes
from rookery.domain.agents import Lineup
from rookery.domain.errors import ConfigurationError
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.library import LibraryPort
from rookery.domain.ports.object_store import ObjectStorePort
from rookery.domain.ports.reader import DocumentReaderPort
from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.run_log import Lease, LogRecord, StoreRecord
from rookery.entrypoints.settings import Settings


class Members(Protocol):
    """What brings documents in, and who takes part in runs. Asked for when it is needed: only then it is known which
    embedder and which tools there are."""

    def add_sources(self) -> AddSources: ...

    def remove_source(self) -> RemoveSource: ...

    def library(self) -> LibraryPort: ...

    def lineup(self) -> Lineup: ...


@dataclass(frozen=True)
class Home:
    """The stores of this machine."""

    runs: SqliteRunStore
    snapshots: SqliteSnapshotStore
    approvals: SqliteApprovalStore
    deliveries: SqliteDeliveryLedger


class Machines:
    """The stores of this machine or, where machines share runs, those that know what the others do.

    Args:
        settings: say whether.
        home: the stores of this machine.
        reader: makes what reads documents that lie here.
        objects: opens the store that machines share.
        clock: tells the time.
        members: of this machine.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        home: Home,
        reader: Callable[[], DocumentReaderPort],
        objects: Callable[[], ObjectStorePort],
        clock: ClockPort,
        members: Members,
    ) -> None:
        self._settings = settings.runs
        self._home = home
        self._reader = reader
        self._open = objects
        self._clock = clock
        self._members = members
        self._lease = Lease(seconds=settings.runs.lease_seconds)
        self.mirroring = True
        """Whether what others write is brought here. A worker needs to know only who holds what."""
        if settings.runs.shared and settings.sync.store is None:
            raise ConfigurationError(
                "`runs.shared` needs the store that machines share: set ROOKERY_SYNC__STORE to s3 or directory, and "
                "its settings, the same on all machines"
            )

    @property
    def shared(self) -> bool:
        """Whether machines share runs."""
        return self._settings.shared

    def run_store(self) -> HomeRunStore:
        """Return the store of runs."""
        return self._shared_runs if self.shared else self._home.runs

    def snapshots(self) -> HomeSnapshotStore:
        """Return the store of texts."""
        return self._shared_snapshots if self.shared else self._home.snapshots

    def deliveries(self) -> DeliveryLedger:
        """Return what remembers deliveries."""
        return SharedDeliveryLedger(self._objects) if self.shared else self._home.deliveries

    def reader(self) -> DocumentReaderPort:
        """Return what reads documents."""
        return self._prepared_reader if self.shared else self._reader()

    def approvals(self) -> HomeApprovalStore:
        """Return the store of approvals."""
        if not self.shared:
            return self._home.approvals
        return SharedApprovalStore(self._home.approvals, run_store=self._shared_runs, objects=self._objects)

    def claims(self) -> LogClaims | None:
        """Return what tells who conducts what; None: lock files of the home tell."""
        if not self.shared:
            return None
        return LogClaims(
            open_log=self._log,
            run_store=self._shared_runs,
            watch=self._watch,
            prepared=self._prepared,
            lease=self._lease,
            clock=self._clock,
            glance=self._settings.poll_seconds,
        )

    def lineup(self, run_id: str) -> Lineup:
        """Return who takes part in a run."""
        return self._lineups.of(run_id)

    @cached_property
    def hand_over(self) -> HandOver:
        documents = PrepareDocuments(
            add_sources=self._members.add_sources(),
            library=self._members.library(),
            snapshots=self._shared_snapshots,
            objects=self._objects,
        )
        return HandOver(
            open_log=self._log,
            watch=self._watch,
            wishes=self._wishes,
            home=self._home.runs,
            run_store=self._shared_runs,
            documents=documents,
            lineup=self._members.lineup(),
            clock=self._clock,
        )

    @cached_property
    def follow(self) -> FollowRuns:
        return FollowRuns(
            self._watch,
            home=self._home.runs,
            snapshots=self._shared_snapshots,
            sleep=self._clock.sleep,
            glance=self._settings.poll_seconds,
        )

    async def close(self) -> None:
        """Close what is open."""
        for store in (self._home.runs, self._home.snapshots, self._home.approvals, self._home.deliveries):
            store.close()
        if self.shared:
            await self._objects.close()

    def _log(self, run_id: str) -> RunLog:
        return RunLog(self._objects, run_id)

    def _wishes(self, run_id: str) -> Wishes:
        return Wishes(self._objects, run_id)

    def _shelf(self, kept: Callable[[StoreRecord], None]) -> RunStorePort:
        return InMemoryRunStore(clock=self._clock, kept=kept)

    @asynccontextmanager
    async def _prepared(self, run_id: str, records: Sequence[LogRecord]) -> AsyncIterator[None]:
        await self._fetching(records)
        with self._lineups.brought(run_id, records):
            yield

    @cached_property
    def _lineups(self) -> Lineups:
        return Lineups(self._members.lineup())

    @cached_property
    def _objects(self) -> ObjectStorePort:
        return self._open()

    @cached_property
    def _watch(self) -> LogWatch:
        return LogWatch(
            self._log,
            lease=self._lease,
            clock=self._clock,
            glance=self._settings.poll_seconds,
            apply=ReceiveSegments(self._home.runs, self._home.approvals) if self.mirroring else None,
        )

    @cached_property
    def _shared_runs(self) -> SharedRunStore:
        return SharedRunStore(
            self._home.runs,
            shelf=self._shelf,
            open_log=self._log,
            wishes=self._wishes,
            watch=self._watch,
            clock=self._clock,
        )

    @cached_property
    def _shared_snapshots(self) -> SharedSnapshotStore:
        return SharedSnapshotStore(self._home.snapshots, self._objects)

    @cached_property
    def _prepared_reader(self) -> PreparedReader:
        return PreparedReader(self._reader(), self._shared_snapshots)

    @cached_property
    def _fetching(self) -> FetchDocuments:
        return FetchDocuments(
            add_sources=self._members.add_sources(),
            remove_source=self._members.remove_source(),
            library=self._members.library(),
            reader=self._prepared_reader,
            approvals=self._home.approvals,
            objects=self._objects,
        )
