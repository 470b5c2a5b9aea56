"""What happens in a run. Everything that shows a run is a fold over these events."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter

from rookery.domain.frozen import Frozen, Timestamp
from rookery.domain.provenance import Origin
from rookery.domain.results import TaskStatus
from rookery.domain.runs import Depth

UNSTAMPED = datetime(1970, 1, 1, tzinfo=UTC)


class Event(Frozen):
    """What each event has. The run store stamps `run_id`, `seq` and `at` when it stores the event."""

    run_id: str = ""
    seq: int = Field(default=0, ge=0, description="from 1, without gaps")
    at: Timestamp = UNSTAMPED
    agent_id: str


class RunStarted(Event):
    """The run began."""

    type: Literal["run_started"] = "run_started"
    question: str
    sources: list[str]
    depth: Depth
    model: str


class PlanMade(Event):
    """The coordinator divided the question."""

    type: Literal["plan_made"] = "plan_made"
    sub_questions: list[str]


class AgentStarted(Event):
    """An agent went to work."""

    type: Literal["agent_started"] = "agent_started"
    role: str
    goal: str
    parent_id: str | None = None


class StepStarted(Event):
    """An agent began a step."""

    type: Literal["step_started"] = "step_started"
    step: str
    label: str


class TokenEmitted(Event):
    """A piece of the answer, as it is written."""

    type: Literal["token_emitted"] = "token_emitted"
    text: str


class ToolCalled(Event):
    """An agent called a tool."""

    type: Literal["tool_called"] = "tool_called"
    call_id: str
    tool: str
    arguments: dict[str, JsonValue]


class ToolReturned(Event):
    """A tool answered. When `ok` is false, `summary` says what went wrong."""

    type: Literal["tool_returned"] = "tool_returned"
    call_id: str
    tool: str
    ok: bool
    summary: str
    seconds: float = Field(ge=0)


class ApprovalRequested(Event):
    """A side effect waits for a person."""

    type: Literal["approval_requested"] = "approval_requested"
    approval_id: str
    tool: str
    arguments: dict[str, JsonValue]
    reason: str
    origins: list[Origin] = []
    echoes: list[str] = Field(default=[], description="places whose words stand in the arguments")
    expires_at: Timestamp | None = None


class ApprovalResolved(Event):
    """A person decided."""

    type: Literal["approval_resolved"] = "approval_resolved"
    approval_id: str
    decision: Literal["approve", "deny", "expired"]
    by: str | None = None


class MemoryWritten(Event):
    """Something was learnt."""

    type: Literal["memory_written"] = "memory_written"
    memory_id: str
    namespace: str
    content: str


class ReflectionMade(Event):
    """The critic looked at the evidence."""

    type: Literal["reflection_made"] = "reflection_made"
    round: int = Field(ge=1)
    gaps: list[str]
    contradictions: list[str]
    follow_ups: list[str]
    notes: str


class SupervisorIntervened(Event):
    """The supervisor, or a budget, changed the course of the run; or a degraded mode is in force."""

    type: Literal["supervisor_intervened"] = "supervisor_intervened"
    reason: str
    action: str


class ClaimVerified(Event):
    """A claim's quotes were compared with their snapshots."""

    type: Literal["claim_verified"] = "claim_verified"
    text: str
    citations: list[int]
    supported: bool


class AgentFinished(Event):
    """An agent is done."""

    type: Literal["agent_finished"] = "agent_finished"
    role: str
    status: TaskStatus
    summary: str
    tokens: int | None = Field(default=None, ge=0, description="read and written by it; null: nothing was counted")


class RunPaused(Event):
    """The run was parked; it goes on with `resume`."""

    type: Literal["run_paused"] = "run_paused"


class RunResumed(Event):
    """The run goes on."""

    type: Literal["run_resumed"] = "run_resumed"


class RunFinished(Event):
    """The run has its result."""

    type: Literal["run_finished"] = "run_finished"
    status: TaskStatus


class RunFailed(Event):
    """The run ended with an error."""

    type: Literal["run_failed"] = "run_failed"
    error: str


class RunCancelled(Event):
    """A person ended the run."""

    type: Literal["run_cancelled"] = "run_cancelled"


RunEvent = Annotated[
    RunStarted
    | PlanMade
    | AgentStarted
    | StepStarted
    | TokenEmitted
    | ToolCalled
    | ToolReturned
    | ApprovalRequested
    | ApprovalResolved
    | MemoryWritten
    | ReflectionMade
    | SupervisorIntervened
    | ClaimVerified
    | AgentFinished
    | RunPaused
    | RunResumed
    | RunFinished
    | RunFailed
    | RunCancelled,
    Field(discriminator="type"),
]
run_event_adapter: TypeAdapter[RunEvent] = TypeAdapter(RunEvent)
"""Reads and writes any event as JSON."""


def substance(event: Event) -> str:
    """Return what an event says, as JSON: not which run, when, how long it took, or what it cost.

    A step that is done again says the same again.
    """
    return event.model_dump_json(exclude={"run_id", "seq", "at", "seconds", "tokens"})


def ends_run(event: Event) -> bool:
    """Whether no event of the run follows this one."""
    return isinstance(event, RunFinished | RunFailed | RunCancelled)
