"""Dummy data, typed by the real models: what the skeleton answers until a slice replaces it."""

from datetime import UTC, datetime, timedelta

from rookery.domain import events
from rookery.domain.agents import Agent
from rookery.domain.approvals import Approval
from rookery.domain.events import RunEvent
from rookery.domain.integrations import IntegrationStatus
from rookery.domain.memories import Memory
from rookery.domain.results import Citation, Claim, TaskResult, TaskStatus, Usage
from rookery.domain.runs import Depth, Run, RunStatus
from rookery.domain.sources import Snapshot, Source, text_digest

RUN_ID = "0198f000-0000-7000-8000-000000000001"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
QUESTION = "Where do rooks nest?"
_QUOTE = "Rooks nest together in the crowns of tall trees."
_TEXT = f"# Rooks\n\n{_QUOTE} A colony is called a rookery.\n"
_URL = "file:///example/rooks.md"

SNAPSHOT = Snapshot(
    sha256=text_digest(_TEXT), url=_URL, title="Rooks", media_type="text/markdown", text=_TEXT, retrieved_at=NOON
)
CITATION = Citation(
    id=1,
    url=_URL,
    title="Rooks",
    quote=_QUOTE,
    start=_TEXT.index(_QUOTE),
    end=_TEXT.index(_QUOTE) + len(_QUOTE),
    source_sha256=SNAPSHOT.sha256,
    retrieved_at=NOON,
    agent_id="researcher-1",
)
RESULT = TaskResult.model_validate(
    {
        "task_id": RUN_ID,
        "inputs": {"question": QUESTION},
        "output": f"{_QUOTE} [1]",
        "sources": [_URL],
        "reflection_notes": "One source; nothing contradicts it.",
        "agent_id": "coordinator",
        "status": TaskStatus.SUCCEEDED,
        "claims": [Claim(text=_QUOTE, citations=[1], supported=True)],
        "citations": [CITATION],
        "model": "dummy",
        "usage": Usage(steps=4, seconds=1.0),
        "started_at": NOON,
        "finished_at": NOON + timedelta(seconds=1),
    }
)
RUN = Run(
    id=RUN_ID,
    question=QUESTION,
    status=RunStatus.SUCCEEDED,
    depth=Depth.STANDARD,
    namespace="default",
    model="dummy",
    sources=["/example"],
    created_at=NOON,
    started_at=NOON,
    finished_at=NOON + timedelta(seconds=1),
    result=RESULT,
)
MEMORY = Memory(
    id="m-1", namespace="researcher-1", key="rooks", content="Rooks nest in colonies.", tags=["birds"], timestamp=NOON
)
SOURCE = Source(
    id="s-1",
    url=_URL,
    title="Rooks",
    media_type="text/markdown",
    sha256=SNAPSHOT.sha256,
    namespace="default",
    passages=1,
    size=len(_TEXT),
    added_at=NOON,
)
AGENTS = [
    Agent(id="coordinator", role="coordinator", goal="Plan the work and divide it."),
    Agent(id="researcher", role="researcher", goal="Find evidence.", tools=["search_documents"]),
]
INTEGRATION = IntegrationStatus(
    name="slack", kind="chat", configured=False, status="absent", detail="dummy data of the skeleton"
)
APPROVAL = Approval(
    id="a-1",
    run_id=RUN_ID,
    tool="post_message",
    arguments={"channel": "#birds"},
    reason="dummy data of the skeleton",
    status="pending",
    requested_at=NOON,
    expires_at=NOON + timedelta(hours=1),
)


def run_events() -> list[RunEvent]:
    """Return the events of the dummy run, stamped."""
    happened: list[RunEvent] = [
        events.RunStarted(
            agent_id="coordinator", question=QUESTION, sources=["/example"], depth=Depth.STANDARD, model="dummy"
        ),
        events.AgentStarted(agent_id="coordinator", role="coordinator", goal="Plan the work."),
        events.PlanMade(agent_id="coordinator", sub_questions=[QUESTION]),
        events.AgentStarted(agent_id="researcher-1", role="researcher", goal=QUESTION, parent_id="coordinator"),
        events.ToolCalled(
            agent_id="researcher-1", call_id="c-1", tool="search_documents", arguments={"query": QUESTION}
        ),
        events.ToolReturned(
            agent_id="researcher-1", call_id="c-1", tool="search_documents", ok=True, summary="1 passage", seconds=0.1
        ),
        events.AgentFinished(
            agent_id="researcher-1", role="researcher", status=TaskStatus.SUCCEEDED, summary="1 quote"
        ),
        events.ClaimVerified(agent_id="writer", text=_QUOTE, citations=[1], supported=True),
        events.RunFinished(agent_id="coordinator", status=TaskStatus.SUCCEEDED),
    ]
    return [
        event.model_copy(update={"run_id": RUN_ID, "seq": seq, "at": NOON}) for seq, event in enumerate(happened, 1)
    ]
