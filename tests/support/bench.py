"""A bench for single agents: tools and a journal in memory, and a model that says what a test wrote down."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel

from rookery.adapters.approval_stores.in_memory import InMemoryApprovalStore
from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.llms.scripted import ScriptedLLM
from rookery.adapters.run_stores.in_memory import InMemoryRunStore
from rookery.adapters.support.journalled import JournalledContext
from rookery.application.agents.assignments import Assignment
from rookery.application.agents.bench import Bench
from rookery.application.agents.deadlines import Deadlines
from rookery.application.agents.roster import RESEARCHER
from rookery.application.agents.supervisor import Supervisor
from rookery.application.approving import ApprovalGate
from rookery.application.asking import Asker
from rookery.application.tools.search_documents import Query
from rookery.domain.agents import Agent, Budget
from rookery.domain.approvals import Policy
from rookery.domain.inference import Capabilities, Message
from rookery.domain.ports.approval_store import ApprovalStorePort
from rookery.domain.ports.llm import LLMPort
from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.ports.tool import Outcome, Scope, Tool
from rookery.domain.sources import Passage

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


class Looks(Tool):
    """Looks something up in a table, and remembers what it was asked.

    Args:
        name: of the tool.
        found: by query: passages, text, or an error to be raised.
        effect: that it declares.
    """

    name: str = ""
    description = "look it up"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = Query

    def __init__(
        self,
        name: str,
        found: Mapping[str, Sequence[Passage] | str | Exception] | Callable[[str], Sequence[Passage] | str],
        *,
        effect: Literal["read", "write"] = "read",
    ) -> None:
        self.name = name
        self.effect = effect
        self._found = found
        self.asked: list[str] = []

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        query = Query.model_validate(arguments.model_dump()).query
        self.asked.append(query)
        found = self._found(query) if callable(self._found) else self._found.get(query, [])
        if isinstance(found, Exception):
            raise found
        if isinstance(found, str):
            return Outcome(summary="looked up", text=found)
        return Outcome(summary=f"{len(found)} passages", passages=list(found))


class CharactersLLM(ScriptedLLM):
    """A scripted model whose tokens are characters, and which remembers how often it was asked to count."""

    def __init__(self, replies: Sequence[str] = (), *, context: int | None = None) -> None:
        super().__init__(replies)
        self._context = context
        self.counted = 0

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        self.counted += 1
        return sum(len(message.content) for message in messages)

    def capabilities(self) -> Capabilities:
        return super().capabilities().model_copy(update={"context_tokens": self._context})


def make_bench(
    llm: LLMPort,
    *tools: Tool,
    agents: Sequence[Agent] = (RESEARCHER,),
    run_store: RunStorePort | None = None,
    budget: Budget | None = None,
    approvals: ApprovalStorePort | None = None,
    policy: Policy | None = None,
) -> Bench:
    """Return what the agents of one run share."""
    clock = ManualClock(NOON)
    context = JournalledContext("run-1", run_store or InMemoryRunStore(clock=clock), parallel=4)
    deadlines = Deadlines(clock)
    supervisor = Supervisor(budget or Budget(), clock, context.emit, deadlines)
    return Bench(
        asker=lambda _: Asker(llm, told=supervisor.hinder),
        tools={tool.name: tool for tool in tools},
        agents={agent.id: agent for agent in agents},
        supervisor=supervisor,
        context=context,
        clock=clock,
        gate=ApprovalGate(approvals or InMemoryApprovalStore(clock=clock), clock, policy or Policy()),
        deadlines=deadlines,
    )


def a_task(question: str = "Where do rooks nest?", **more: object) -> Assignment:
    """Return a task for a researcher that may think six times."""
    given = {
        "agent_id": "researcher-1",
        "question": question,
        "main_question": question,
        "namespace": "default",
        "snapshots": None,
        "passages": 10,
        "thoughts": 6,
        "until_found": False,
    }
    return Assignment.model_validate(given | more)
