"""Runs: what was asked, how far it is."""

from enum import StrEnum
from typing import Literal

from pydantic import Field, field_validator

from rookery.domain.agents import Budget
from rookery.domain.frozen import Frozen, Real, Timestamp, Whole
from rookery.domain.results import TaskResult, TaskStatus


class Depth(StrEnum):
    """How much work a question is worth."""

    QUICK = "quick"
    STANDARD = "standard"
    DEEP = "deep"


class Effort(Frozen):
    """What a depth means in numbers."""

    sub_questions: int = Field(description="at most, in the plan")
    rounds: int = Field(description="of reflection, each of which may send researchers out again")
    passages: int = Field(description="that a researcher reads for each sub-question")
    claims: int = Field(description="at most, in the answer")
    thoughts: int = Field(description="decisions of a researcher after its first look, at most")
    until_found: bool = Field(default=True, description="whether it stops as soon as it has found something")


EFFORTS = {
    Depth.QUICK: Effort(sub_questions=2, rounds=0, passages=6, claims=3, thoughts=0),
    Depth.STANDARD: Effort(sub_questions=4, rounds=1, passages=10, claims=5, thoughts=2),
    Depth.DEEP: Effort(sub_questions=6, rounds=3, passages=20, claims=8, thoughts=6, until_found=False),
}


PASSAGE_TOKENS = 300
"""What a passage takes of a prompt, about: most have 300 to 900 characters, and a head of a line."""


class RunStatus(StrEnum):
    """Where a run stands. `interrupted`: its process ended without a word; it can be resumed."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    SUCCEEDED = TaskStatus.SUCCEEDED.value
    PARTIAL = TaskStatus.PARTIAL.value
    FAILED = TaskStatus.FAILED.value
    CANCELLED = TaskStatus.CANCELLED.value

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self in _FINISHED


_FINISHED = {RunStatus.SUCCEEDED, RunStatus.PARTIAL, RunStatus.FAILED, RunStatus.CANCELLED}


class Utterance(Frozen):
    """What was said before a question: context, and never an instruction."""

    role: Literal["user", "assistant"]
    text: str = Field(min_length=1, max_length=20_000)


class ResearchRequest(Frozen):
    """A question and the means to answer it. What `POST /v1/research` takes."""

    question: str = Field(min_length=1, max_length=4000)
    sources: list[str] = Field(default=[], max_length=1000, description="paths; none: the whole library")
    namespace: str = Field(default="default", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")
    depth: Depth = Depth.STANDARD
    model: str | None = Field(default=None, description="null: the model of the settings")
    max_seconds: Real | None = Field(default=None, gt=0, allow_inf_nan=False)
    seed: Whole = Field(default=0, ge=0, lt=2**32, description="of what a model draws above temperature 0")
    agent: str | None = Field(
        default=None, pattern=r"^[a-z][a-z0-9_-]{0,62}$", description="one agent alone; null: the whole colony"
    )
    conversation: list[Utterance] = Field(
        default=[], max_length=50, description="what was said before, oldest first; the question may refer to it"
    )

    @field_validator("question")
    @classmethod
    def _says_something(cls, question: str) -> str:
        if not any(character.isalnum() for character in question):
            raise ValueError("ask something: the question has no letter and no digit")
        return question.strip()

    def budget(self, usual: Budget) -> Budget:
        """Return the budget of the whole run."""
        return usual if self.max_seconds is None else usual.model_copy(update={"max_seconds": self.max_seconds})


class Run(Frozen):
    """A run as it is listed; what happened in it is its events."""

    id: str
    question: str
    status: RunStatus
    depth: Depth
    namespace: str
    model: str
    sources: list[str] = []
    max_seconds: float | None = None
    seed: int = 0
    agent: str | None = None
    conversation: list[Utterance] = []
    created_at: Timestamp
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    result: TaskResult | None = None
    error: str | None = None

    def request(self) -> ResearchRequest:
        """Return what was asked, to be asked again."""
        return ResearchRequest(
            question=self.question,
            sources=self.sources,
            namespace=self.namespace,
            depth=self.depth,
            model=self.model,
            max_seconds=self.max_seconds,
            seed=self.seed,
            agent=self.agent,
            conversation=self.conversation,
        )


class RunFilter(Frozen):
    """Which runs count; what is not given does not matter."""

    statuses: list[RunStatus] | None = None
    namespace: str | None = None
    agent: str | None = None
    text: str | None = Field(default=None, description="that the question contains, whatever its case")
    created_after: Timestamp | None = Field(default=None, description="or in this moment")
    created_before: Timestamp | None = None

    def admits(self, run: Run) -> bool:
        """Whether a run counts."""
        return (
            (self.statuses is None or run.status in self.statuses)
            and self.namespace in (None, run.namespace)
            and self.agent in (None, run.agent)
            and (self.text is None or self.text.casefold() in run.question.casefold())
            and (self.created_after is None or self.created_after <= run.created_at)
            and (self.created_before is None or run.created_at < self.created_before)
        )


ALL_RUNS = RunFilter()


class StopRequest(StrEnum):
    """What a person may ask of a running run, from any process."""

    PAUSE = "pause"
    CANCEL = "cancel"
