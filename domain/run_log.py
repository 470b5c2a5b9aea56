"""The log of a run that machines share: numbered segments, each written once, by whoever holds the run.

A segment takes the number after the last one, and a store of objects gives a number away once. So two machines can
never write two logs: who writes without having read what another wrote finds the number taken. A holder is told from
the one before by its epoch, which grows by one each time somebody takes the run on.
"""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from rookery.domain.agents import Lineup
from rookery.domain.approvals import Approval
from rookery.domain.calls import StepRecord, StoredCall
from rookery.domain.errors import StorageError
from rookery.domain.events import RunEvent
from rookery.domain.frozen import Frozen
from rookery.domain.runs import Run
from rookery.domain.sources import Source, SourceProblem

_DRIFT = 1.25  # by which clocks of two machines may differ in speed, and then some


class EventKept(Frozen):
    """An event, and the key under which it is told once."""

    kind: Literal["event"] = "event"
    event: RunEvent
    key: str | None = None


class StepKept(Frozen):
    """A step that was finished."""

    kind: Literal["step"] = "step"
    step: StepRecord


class CallKept(Frozen):
    """A call of a model."""

    kind: Literal["call"] = "call"
    call: StoredCall


class RunKept(Frozen):
    """The run as it stood after its event of number `seq`; 0: before the first."""

    kind: Literal["run"] = "run"
    run: Run
    seq: int = Field(ge=0)


class ApprovalAsked(Frozen):
    """A side effect waits for a person."""

    kind: Literal["approval"] = "approval"
    approval: Approval


class Prepared(Frozen):
    """What another machine needs to conduct the run is in the store; texts lie there by their digests.

    Attributes:
        sources: the documents below each location that the run names.
        problems: what could not be read.
        library: the digest of a list of all documents; None where the run names its sources.
        lineup: who takes part; None, of an earlier version: those of the machine that conducts it.
    """

    kind: Literal["prepared"] = "prepared"
    sources: dict[str, list[Source]] = {}
    problems: list[SourceProblem] = []
    library: str | None = None
    lineup: Lineup | None = None


StoreRecord = EventKept | StepKept | CallKept | RunKept
"""What a run store keeps."""
LogRecord = Annotated[StoreRecord | ApprovalAsked | Prepared, Field(discriminator="kind")]


class Segment(Frozen):
    """What one holder wrote at once. `number` is the one it is stored under; an empty one says: I am still here."""

    run_id: str
    number: int = Field(ge=1)
    epoch: int = Field(ge=1)
    holder: str
    released: bool = Field(default=False, description="whether the holder lets the run go with it")
    records: list[LogRecord] = []


class LogState(NamedTuple):
    """How far a log has come, and who holds its run. Nobody does where `released`."""

    number: int = 0
    epoch: int = 0
    holder: str = ""
    released: bool = True

    def after(self, segment: Segment) -> "LogState":
        """Return the state that a segment leads to.

        Raises:
            StorageError: it cannot follow: it is not what its name says, or its holder had lost the run.
        """
        goes_on = segment.epoch == self.epoch and segment.holder == self.holder and not self.released
        if segment.number != self.number + 1 or not (goes_on or segment.epoch == self.epoch + 1):
            raise StorageError(
                f"segment {segment.number} of run {segment.run_id} cannot follow segment {self.number}; somebody else "
                "than Rookery has written to the store"
            )
        return LogState(segment.number, segment.epoch, segment.holder, segment.released)


class Lease(Frozen):
    """How long a run stays with a holder that cannot be heard, each machine by a clock of its own that never jumps."""

    seconds: float = Field(gt=0)

    @property
    def renewal(self) -> float:
        """Seconds after which a holder writes, even where nothing happens."""
        return self.seconds / 3

    @property
    def silence(self) -> float:
        """Seconds without a new segment after which another may take the run: by then its holder has stopped."""
        return self.seconds * _DRIFT


def segment_name(run_id: str, number: int) -> str:
    """Return the name of a segment in the store."""
    return f"{log_prefix(run_id)}{number:09d}"


def log_prefix(run_id: str) -> str:
    """Return what the names of a run's segments begin with."""
    return f"runs/{run_id}/"
