"""Handing runs to other machines, and following what becomes of them."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from rookery.application.agents.roster import COORDINATOR
from rookery.application.sharing.documents import PrepareDocuments
from rookery.application.sharing.log import OpenLog
from rookery.application.sharing.watching import LogWatch
from rookery.application.sharing.wishes import Wishes
from rookery.domain.agents import Lineup
from rookery.domain.errors import NotFound, RookeryError, StorageError
from rookery.domain.events import RunFailed
from rookery.domain.ports.approval_store import ApprovalStorePort
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.redaction import redact
from rookery.domain.run_log import (
    ApprovalAsked,
    CallKept,
    EventKept,
    LogRecord,
    Prepared,
    RunKept,
    Segment,
    StepKept,
)
from rookery.domain.runs import Run, RunStatus

_LONGEST_PAUSE = 2.0  # seconds between two looks at a log in which nothing happens
_log = logging.getLogger(__name__)


class HandOver:
    """Puts a run into the store that machines share, with all that another machine needs to conduct it.

    Args:
        open_log: opens the log of a run.
        watch: brings what others wrote into the home.
        wishes: opens what people wish about a run.
        home: the store of this machine.
        run_store: where a run ends that cannot be handed over.
        documents: reads those of the run.
        lineup: of this machine.
        clock: names this machine.
    """

    def __init__(
        self,
        *,
        open_log: OpenLog,
        watch: LogWatch,
        wishes: Callable[[str], Wishes],
        home: RunStorePort,
        run_store: RunStorePort,
        documents: PrepareDocuments,
        lineup: Lineup,
        clock: ClockPort,
    ) -> None:
        self._open_log = open_log
        self._watch = watch
        self._wishes = wishes
        self._home = home
        self._run_store = run_store
        self._documents = documents
        self._lineup = lineup
        self._clock = clock

    async def publish(self, run: Run) -> None:
        """Begin the log of a run, or say in it that the run waits again. Older wishes of people are taken back.

        Raises:
            StorageError: the store cannot be reached.
        """
        await self._wishes(run.id).write(None)
        while not await self._waits(run):
            log = self._open_log(run.id)
            log.state = await self._watch.look(run.id)
            records = await self._queued(run.id) if log.state.number else await self._kept(run)
            await log.append(log.next(records, holder=self._clock.new_id(), released=True))

    async def prepare(self, run: Run) -> None:
        """Put what a published run needs into the store, unless it is there, or the run has ended.

        Who takes part stays the same when the run is resumed.

        Raises:
            AdapterError: the store, or what embeds the documents, cannot be used.
        """
        prepared: Prepared | None = None
        log = self._open_log(run.id)
        while True:
            records = [record for segment in await log.read() for record in segment.records]
            if any(isinstance(one, Prepared) or _ended(one) for one in records):
                return
            prepared = prepared or (await self._documents(run)).model_copy(update={"lineup": self._lineup})
            if await log.append(log.next([prepared], holder=self._clock.new_id(), released=True)):
                return

    async def is_published(self, run_id: str) -> bool:
        """Return whether a run has a log. Raises StorageError."""
        return bool((await self._watch.look(run_id)).number)

    async def give_up(self, run_id: str, error: RookeryError) -> None:
        """End a run that cannot be handed over.

        Raises:
            Conflict: it has ended already.
            StorageError: the store cannot be reached.
        """
        told = redact(str(error)).text
        run = await self._home.get(run_id)
        failed = {"status": RunStatus.FAILED, "error": told, "finished_at": self._clock.now()}
        await self._run_store.save(run.model_copy(update=failed), RunFailed(agent_id=COORDINATOR.id, error=told))

    async def _waits(self, run: Run) -> bool:
        """Return whether the log says that a run waits, or somebody is at it, or it has ended."""
        state = await self._watch.look(run.id)
        if not state.number:
            return False
        stored = await self._home.get(run.id)
        return stored.status is RunStatus.QUEUED or stored.status.finished or await self._watch.held(run.id)

    async def _queued(self, run_id: str) -> list[LogRecord]:
        run, events = await self._home.get(run_id), await self._home.events(run_id)
        return [RunKept(run=run.model_copy(update={"status": RunStatus.QUEUED}), seq=len(events))]

    async def _kept(self, run: Run) -> list[LogRecord]:
        """Return what the home keeps of a run. The keys of events are not told, as nothing would be told again."""
        events = await self._home.events(run.id)
        return [
            *(EventKept(event=event) for event in events),
            *(StepKept(step=step) for step in await self._home.steps(run.id)),
            *(CallKept(call=call) for call in await self._home.calls(run.id)),
            RunKept(run=run, seq=len(events)),
        ]


class ReceiveSegments:
    """Brings what other machines wrote into the stores of this one."""

    def __init__(self, home: RunStorePort, approvals: ApprovalStorePort) -> None:
        self._home = home
        self._approvals = approvals

    async def __call__(self, run_id: str, segments: Sequence[Segment]) -> None:
        """Store what is new. The same segments may come again."""
        records = [record for segment in segments for record in segment.records]
        for record in records:
            if isinstance(record, ApprovalAsked):
                await self._approvals.request(record.approval)
        kept = [one for one in records if isinstance(one, EventKept | StepKept | CallKept | RunKept)]
        if kept:
            await self._home.receive(run_id, kept)


class FollowRuns:
    """Follows runs that other machines conduct, until they end; what they cite is fetched then.

    Args:
        watch: brings what is new.
        home: the store of this machine.
        snapshots: fetch what they do not have.
        sleep: waits.
        glance: seconds between two looks while something happens.
    """

    def __init__(
        self,
        watch: LogWatch,
        *,
        home: RunStorePort,
        snapshots: SnapshotStorePort,
        sleep: Callable[[float], Awaitable[None]],
        glance: float,
    ) -> None:
        self._watch = watch
        self._home = home
        self._snapshots = snapshots
        self._sleep = sleep
        self._glance = glance

    async def __call__(self, run_id: str) -> None:
        """Return when the run has ended. A store that cannot be reached is tried again."""
        pause, known = self._glance, -1
        while True:
            try:
                state = await self._watch.look(run_id)
                run = await self._home.get(run_id)
                if run.status.finished:
                    await self._fetch_cited(run)
                    self._watch.forget(run_id)
                    return
            except StorageError as error:
                if not error.retryable:
                    raise
                _log.warning("run %s cannot be followed, and is tried again: %s", run_id, error)
                state = None
            news = state is not None and state.number != known
            known = known if state is None else state.number
            pause = self._glance if news else min(pause * 1.5, _LONGEST_PAUSE)
            await self._sleep(pause)

    async def _fetch_cited(self, run: Run) -> None:
        cited = {citation.source_sha256 for citation in run.result.citations} if run.result else set[str]()
        for digest in sorted(cited):
            try:
                await self._snapshots.get(digest)
            except NotFound:
                _log.warning("run %s cites the text %s, which is not in the shared store", run.id, digest)


def _ended(record: LogRecord) -> bool:
    return isinstance(record, RunKept) and record.run.status.finished
