"""The coordinator reads the sources and plans."""

from collections.abc import Awaitable, Callable

from rookery.application.agents.remarks import Remarked
from rookery.application.agents.roster import COORDINATOR
from rookery.application.asking import Asker, Spoken
from rookery.application.ingestion import AddSources, Ingested, Progress
from rookery.domain.agents import Agent
from rookery.domain.events import PlanMade, RunEvent, StepStarted, ToolCalled, ToolReturned
from rookery.domain.frozen import Frozen
from rookery.domain.ports.clock import ClockPort
from rookery.domain.reasoning import Plan, PlanJob

Emit = Callable[[RunEvent], Awaitable[None]]
READ_SOURCES = "read_sources"


class SourcesToRead(Frozen):
    """The locations that a run was given."""

    locations: list[str]
    namespace: str


class Planned(Remarked):
    """A plan and what it cost."""

    sub_questions: list[str]
    spoken: Spoken


class Coordinator:
    """Brings the sources in and divides the question into parts that can be researched side by side."""

    def __init__(
        self, ask: Asker, add_sources: AddSources, clock: ClockPort, emit: Emit, *, agent: Agent = COORDINATOR
    ) -> None:
        self._ask = ask
        self._agent = agent
        self._add_sources = add_sources
        self._clock = clock
        self._emit = emit

    async def read_sources(self, given: SourcesToRead) -> Ingested:
        """Add the sources to the library; each problem is an event of its own."""
        call_id = f"{COORDINATOR.id}-read"
        arguments = {"sources": list(given.locations)}
        await self._emit(
            ToolCalled.model_validate(
                {"agent_id": COORDINATOR.id, "call_id": call_id, "tool": READ_SOURCES, "arguments": arguments}
            )
        )
        began = self._clock.monotonic()
        ingested = await self._add_sources(given.locations, namespace=given.namespace, on_progress=self._show)
        for number, problem in enumerate(ingested.problems, 1):
            await self._returned(f"{call_id}-{number}", problem.message, ok=False)
        read = len(ingested.sources)
        summary = f"{read} documents, {ingested.added} of them new"
        await self._returned(call_id, summary, ok=read > 0, seconds=self._clock.monotonic() - began)
        return ingested

    async def plan(self, job: PlanJob) -> Planned:
        """Return at most `job.max_sub_questions` different sub-questions, in the order of the model."""
        await self._emit(StepStarted(agent_id=COORDINATOR.id, step="plan", label="Planning"))
        plan, spoken = await self._ask(job, Plan, agent=self._agent, default=Plan(sub_questions=[job.question]))
        sub_questions = list(dict.fromkeys(plan.sub_questions))[: job.max_sub_questions]
        await self._emit(PlanMade(agent_id=COORDINATOR.id, sub_questions=sub_questions))
        return Planned(sub_questions=sub_questions, spoken=spoken)

    async def _show(self, progress: Progress) -> None:
        name = progress.location.rsplit("/", 1)[-1]
        label = f"Reading {name} ({progress.index} of {progress.total})"
        await self._emit(StepStarted(agent_id=COORDINATOR.id, step="read", label=label))

    async def _returned(self, call_id: str, summary: str, *, ok: bool, seconds: float = 0.0) -> None:
        await self._emit(
            ToolReturned(
                agent_id=COORDINATOR.id, call_id=call_id, tool=READ_SOURCES, ok=ok, summary=summary, seconds=seconds
            )
        )
