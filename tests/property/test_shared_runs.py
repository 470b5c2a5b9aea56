"""Whatever two machines and the lines between them do, a run has one journal."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.object_stores.in_memory import InMemoryObjectStore
from rookery.adapters.run_stores.in_memory import InMemoryRunStore
from rookery.application.sharing.log import RunLog
from rookery.domain.errors import StorageError
from rookery.domain.events import StepStarted
from rookery.domain.run_log import EventKept, LogRecord, LogState, Segment, StoreRecord
from tests.support.lossy_store import LossyObjectStore

T = TypeVar("T")
RUN = "run-1"
TOLD = 12
"""Events that the workflow of the run tells, one after the other."""
workers = st.integers(0, 1)


class Worker:
    """Conducts the run as long as it can write; it does not know how long another waits before it takes it."""

    def __init__(self, objects: InMemoryObjectStore, name: str) -> None:
        self.line = LossyObjectStore(objects)
        self._name = name
        self._lives = 0
        self.log = RunLog(self.line, RUN)
        self.holder: str | None = None
        self.sent: Segment | None = None
        """What it tried to write last, where it does not know what came of that."""
        self.waiting: list[LogRecord] = []
        self.store = InMemoryRunStore(clock=ManualClock(datetime(2026, 11, 29, tzinfo=UTC)))

    async def take(self) -> None:
        """Take the run, whoever has it, and begin the workflow anew."""
        self.drop()
        self._lives += 1
        self.log = RunLog(self.line, RUN)
        self.waiting = []
        self.store = InMemoryRunStore(clock=ManualClock(datetime(2026, 11, 29, tzinfo=UTC)), kept=self._keep)
        try:
            await self.store.receive(RUN, kept(await self.log.read()))
        except StorageError:
            return
        self.holder = f"{self._name}-{self._lives}"
        await self.write()

    async def tell(self, number: int) -> None:
        """Do the workflow from its beginning up to an event; what was told before is not told again."""
        if self.holder is not None:
            for step in range(1, number + 1):
                told = StepStarted(agent_id="coordinator", step="work", label=str(step))
                await self.store.append(RUN, told, key=str(step))

    async def write(self, *, released: bool = False) -> None:
        """Write what waits; always the same segment until it is known what came of it."""
        if self.holder is None:
            return
        if self.sent is None:
            self.sent = self.log.next(self.waiting, holder=self.holder, released=released)
            self.waiting = []
        segment = self.sent
        try:
            written = await self.log.append(segment)
        except StorageError:
            return
        self.sent = None
        if not written or segment.released:
            self.drop()

    def drop(self) -> Segment | None:
        """Conduct the run no more; return what may still be on its way."""
        late, self.sent, self.holder = self.sent, None, None
        return late

    def _keep(self, record: StoreRecord) -> None:
        self.waiting.append(record)


class TwoMachines(RuleBasedStateMachine):
    """Two workers, cables that are pulled, answers that are lost, and segments that arrive late."""

    def __init__(self) -> None:
        super().__init__()
        self.objects = InMemoryObjectStore()
        self.workers = [Worker(self.objects, name) for name in "bc"]
        self.late: list[Segment] = []
        self.journal: list[EventKept] = []

    @rule(number=workers)
    def take_the_run(self, number: int) -> None:
        self._late(self.workers[number].sent)
        finish(self.workers[number].take())

    @rule(number=workers, upto=st.integers(1, TOLD))
    def work(self, number: int, upto: int) -> None:
        finish(self.workers[number].tell(upto))

    @rule(number=workers, released=st.booleans())
    def write(self, number: int, released: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        finish(self.workers[number].write(released=released))

    @rule(number=workers, failures=st.integers(0, 3), lost=st.integers(0, 2))
    def disturb_the_line(self, number: int, failures: int, lost: int) -> None:
        self.workers[number].line.failures = failures
        self.workers[number].line.lost_answers = lost

    @rule(number=workers)
    def lose_the_lease(self, number: int) -> None:
        self._late(self.workers[number].drop())

    @rule(number=st.integers(0, 5))
    def let_something_arrive_late(self, number: int) -> None:
        if self.late:
            segment = self.late[number % len(self.late)]
            late = RunLog(self.objects, RUN)
            late.state = LogState(segment.number - 1, segment.epoch - 1)
            finish(late.append(segment))

    @invariant()
    def there_is_one_journal_without_gaps_or_repeats_and_nothing_leaves_it(self) -> None:
        segments = finish(RunLog(self.objects, RUN).read())
        journal = [record for record in kept(segments) if isinstance(record, EventKept)]
        assert [kept.event.seq for kept in journal] == list(range(1, len(journal) + 1))
        assert [kept.key for kept in journal] == [str(number) for number in range(1, len(journal) + 1)]
        assert journal[: len(self.journal)] == self.journal
        self.journal = journal

    def teardown(self) -> None:
        """A machine whose line is sound brings the run to its end."""
        worker = self.workers[0]
        worker.line.failures = worker.line.lost_answers = 0
        finish(worker.take())
        finish(worker.tell(TOLD))
        finish(worker.write(released=True))
        self.there_is_one_journal_without_gaps_or_repeats_and_nothing_leaves_it()
        assert len(self.journal) == TOLD

    def _late(self, segment: Segment | None) -> None:
        self.late += [segment] if segment is not None else []


def kept(segments: Sequence[Segment]) -> list[StoreRecord]:
    """Return what a run store keeps of a log."""
    return [one for segment in segments for one in segment.records if isinstance(one, EventKept)]


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Do some work to its end; segments are fetched side by side, which takes an event loop."""
    return LOOP.run_until_complete(work)


LOOP = asyncio.new_event_loop()
TestTwoMachines = TwoMachines.TestCase
TestTwoMachines.settings = settings(
    max_examples=300,
    stateful_step_count=40,
    derandomize=True,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
