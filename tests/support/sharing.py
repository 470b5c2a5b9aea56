"""Machines that share a store of objects, in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from rookery.adapters.approval_stores.in_memory import InMemoryApprovalStore
from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.run_stores.in_memory import InMemoryRunStore
from rookery.application.sharing.approvals import SharedApprovalStore
from rookery.application.sharing.claims import LogClaims
from rookery.application.sharing.handing import ReceiveSegments
from rookery.application.sharing.log import RunLog
from rookery.application.sharing.run_store import SharedRunStore
from rookery.application.sharing.watching import LogWatch
from rookery.application.sharing.wishes import Wishes
from rookery.domain.ports.object_store import ObjectStorePort
from rookery.domain.run_log import Lease, LogRecord, Prepared, RunKept
from rookery.domain.runs import Depth, Run, RunStatus

RUN = Run(
    id="run-1",
    question="Where do rooks nest?",
    status=RunStatus.QUEUED,
    depth=Depth.QUICK,
    namespace="default",
    model="extractive",
    created_at=datetime(2026, 11, 29, tzinfo=UTC),
)


class HomeRuns(InMemoryRunStore):
    """Runs of a machine."""

    def close(self) -> None:
        """There is no file."""


class HomeApprovals(InMemoryApprovalStore):
    """Approvals of a machine."""

    def close(self) -> None:
        """There is no file."""


class Peer:
    """One machine. `line` is its way to the store."""

    def __init__(self, line: ObjectStorePort, *, lease_seconds: float = 30.0, mirrors: bool = False) -> None:
        clock = SystemClock()
        self.line = line
        self.lease = Lease(seconds=lease_seconds)
        self.home = HomeRuns(clock=clock)
        self.home_approvals = HomeApprovals(clock=clock)
        self.fetched: list[LogRecord] = []
        self.watch = LogWatch(
            self.log,
            lease=self.lease,
            clock=clock,
            glance=0.0,
            apply=ReceiveSegments(self.home, self.home_approvals) if mirrors else None,
        )
        self.runs = SharedRunStore(
            self.home,
            shelf=lambda kept: InMemoryRunStore(clock=clock, kept=kept),
            open_log=self.log,
            wishes=self.wishes,
            watch=self.watch,
            clock=clock,
        )
        self.approvals = SharedApprovalStore(self.home_approvals, run_store=self.runs, objects=line)
        self.claims = LogClaims(
            open_log=self.log,
            run_store=self.runs,
            watch=self.watch,
            prepared=self._fetch,
            lease=self.lease,
            clock=clock,
            glance=0.02,
        )

    def log(self, run_id: str) -> RunLog:
        return RunLog(self.line, run_id)

    def wishes(self, run_id: str) -> Wishes:
        return Wishes(self.line, run_id)

    @asynccontextmanager
    async def _fetch(self, _: str, records: Sequence[LogRecord]) -> AsyncIterator[None]:
        self.fetched += records
        yield


async def handed_over(objects: ObjectStorePort) -> None:
    """Put a run into the store that waits to be conducted."""
    log = RunLog(objects, RUN.id)
    await log.append(log.next([RunKept(run=RUN, seq=0), Prepared()], holder="a", released=True))
