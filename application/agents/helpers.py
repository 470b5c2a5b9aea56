"""Others who work on parts of an agent's task, or take it over."""

from collections.abc import Callable
from typing import Protocol

from pydantic import JsonValue

from rookery.application.agents.assignments import DEEPEST, Assignment, Investigation
from rookery.application.agents.bench import Bench
from rookery.application.agents.readings import Readings
from rookery.application.agents.roster import RESEARCHER
from rookery.application.agents.toolbox import DELEGATE, Delegation, Handed, delegate_spec, shortened
from rookery.domain.actions import ToolCall, ToolSpec
from rookery.domain.agents import Agent
from rookery.domain.errors import AdapterError
from rookery.domain.ports.tool import Outcome
from rookery.domain.reasoning import Evidence
from rookery.domain.text import counted


class Worker(Protocol):
    """An agent at work."""

    async def investigate(self) -> Investigation:
        """Work until the task is done or the work is ended."""
        ...

    def found(self) -> Investigation:
        """Return what was found so far."""
        ...


class Helpers(Delegation):
    """The agents to which one agent hands tasks.

    Args:
        bench: of the run.
        task: of the agent that hands on.
        kind: which member of the colony it is.
        begin: puts an agent to work.
        readings: what the agent that hands on has read.
    """

    def __init__(
        self,
        bench: Bench,
        task: Assignment,
        kind: Agent,
        *,
        begin: Callable[[Bench, Assignment], Worker],
        readings: Readings,
    ) -> None:
        self._bench = bench
        self._task = task
        self._kind = kind
        self._begin = begin
        self._readings = readings
        self._helpers: dict[str, Worker] = {}
        self._taken: set[str] = set()
        self.failures: list[AdapterError] = []

    @property
    def spec(self) -> ToolSpec:
        """The tool by which the agent hands on a part of its task."""
        return delegate_spec(self._members())

    @property
    def may_delegate(self) -> bool:
        """Whether the agent has that tool."""
        return DELEGATE in self._kind.tools and self._task.depth < DEEPEST and self._task.thoughts > 0

    @property
    def successor(self) -> Agent | None:
        """Who can take the task over; None: nobody."""
        if self._task.depth >= DEEPEST:
            return None
        return next((one for one in self._members() if one.id not in (self._kind.id, RESEARCHER.id)), None)

    async def hand(self, call: ToolCall, place: str) -> Outcome:
        """Have another agent do a part of the task, as the agent called for."""
        handed = Handed.model_validate(call.arguments)
        members = {one.id: one for one in self._members()}
        if handed.agent not in members:
            return Outcome(ok=False, summary=f"there is no agent {handed.agent!r}; there are: {', '.join(members)}")
        found = await self.give(members[handed.agent], handed.task, place.replace("-", "."))
        quotes = [f'{piece.passage.title}: "{piece.quote}"' for piece in found.evidence]
        summary = "; ".join([counted(len(quotes), "quote"), *found.trouble])
        told = shortened("\n".join([summary, *quotes]))
        ok = bool(quotes) or not found.trouble
        return Outcome(ok=ok, summary=summary, text=told, untrusted=bool(found.origins), origins=found.origins)

    async def give(self, agent: Agent, task: str, place: str) -> Investigation:
        """Have another agent do a task, and keep what it finds, also when it fails or is cut off."""
        changes = {
            "agent_id": f"{self._task.agent_id}.{place}",
            "agent": agent.id,
            "parent_id": self._task.agent_id,
            "question": task,
            "depth": self._task.depth + 1,
            "opening": opening(agent, task, recalls=False, web=self._task.snapshots is None),
            "origins": self._readings.origins,
            "given": self._readings.known(task),
        }
        self._helpers[place] = helper = self._begin(self._bench, self._task.model_copy(update=changes))
        try:
            return await helper.investigate()
        except AdapterError as error:
            self.failures.append(error)
            return helper.found()

    def found(self) -> list[Investigation]:
        """Return what each has found so far."""
        return [helper.found() for helper in self._helpers.values()]

    def evidence(self, first: int) -> list[Evidence]:
        """Return what was found and not returned before, numbered in the order of the calls, whoever was done first."""
        new = sorted(self._helpers.keys() - self._taken)
        self._taken |= set(new)
        pieces = [piece for call in new for piece in self._helpers[call].found().evidence]
        return [piece.model_copy(update={"id": number}) for number, piece in enumerate(pieces, first)]

    def _members(self) -> list[Agent]:
        return [one for one in self._bench.agents.values() if one.works_alone]


def opening(agent: Agent, question: str, *, recalls: bool, web: bool) -> list[ToolCall]:
    """Return what an agent calls before it thinks: everybody would begin so, and a model need not be asked."""
    looks = {"recall_memory": recalls, "search_documents": True, "web_search": web}
    arguments: dict[str, JsonValue] = {"query": question}
    return [
        ToolCall(tool=name, arguments=arguments) for name, wanted in looks.items() if wanted and name in agent.tools
    ]
