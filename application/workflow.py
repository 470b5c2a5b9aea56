"""The research workflow: read, plan, research side by side, reflect, write. Written once for every orchestrator."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from rookery.application.agents.assignments import Assignment, Investigation
from rookery.application.agents.bench import Bench
from rookery.application.agents.coordinator import Coordinator, Planned, SourcesToRead
from rookery.application.agents.critic import Critic, Review, Reviewed
from rookery.application.agents.deadlines import Deadlines
from rookery.application.agents.gathered import Gathered
from rookery.application.agents.helpers import opening
from rookery.application.agents.remarks import Remarked
from rookery.application.agents.researcher import Researcher
from rookery.application.agents.roster import COORDINATOR, CRITIC, RESEARCHER, WRITER, without
from rookery.application.agents.supervisor import Supervisor
from rookery.application.agents.toolbox import lacking
from rookery.application.agents.voices import Voices
from rookery.application.agents.writer import Noted, Notes, ToNote, Writer, Written
from rookery.application.approving import ApprovalGate
from rookery.application.asking import Asker
from rookery.application.ingestion import AddSources, Ingested
from rookery.application.memory.agents import AgentMemory
from rookery.application.notices import Notices
from rookery.application.verdict import Verdict, conclude
from rookery.domain.agents import Agent, Budget, Lineup
from rookery.domain.errors import ToolError
from rookery.domain.events import AgentFinished, AgentStarted
from rookery.domain.follow_ups import in_context
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.llm import LLMPort
from rookery.domain.ports.orchestrator import I, WorkflowContext
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.ports.tool import Tool, ToolSource
from rookery.domain.provenance import Origin, OriginKind, distinct
from rookery.domain.reasoning import ComposeJob, PlanJob, ReflectJob
from rookery.domain.results import TaskResult, Usage
from rookery.domain.runs import EFFORTS, PASSAGE_TOKENS, ResearchRequest

R = TypeVar("R", bound=Remarked)

_FOR_WRITING = 0.25
"""The share of a run's time that is kept for the answer."""


_SAID_BEFORE = Origin(kind=OriginKind.CONVERSATION, place="what was said before")


@dataclass(frozen=True)
class Colony:
    """What the agents of a run share.

    `llms` returns a model by name, the default one for None, and `tools` those of agents; `sources` have further
    tools, which are asked for when a run begins. `lineup` tells who takes part in a run. `stand_in` works by rule where
    a model gives nothing valid. `budget` is that of a run. `degradations` says what is missing, for the person. Without
    `memory` nothing is recalled and nothing noted. `gate` lets side effects pass. `notices` tells what services have to
    say to all runs at work.
    """

    llms: Callable[[str | None], LLMPort]
    tools: Callable[[Mapping[str, Agent]], Mapping[str, Tool]]
    add_sources: AddSources
    snapshots: SnapshotStorePort
    clock: ClockPort
    stand_in: LLMPort
    budget: Budget
    gate: ApprovalGate
    lineup: Callable[[str], Lineup]
    degradations: Sequence[str] = ()
    memory: AgentMemory | None = None
    sources: Sequence[ToolSource] = ()
    notices: Notices = field(default_factory=Notices)

    async def research(self, context: WorkflowContext, request: ResearchRequest, *, worked: float = 0.0) -> TaskResult:
        """Answer a question. This is the workflow that orchestrators run.

        Args:
            context: of the run.
            request: what is asked.
            worked: seconds that the run has used up before it was resumed.
        """
        return await _Expedition(self, context, request, worked).run()


class _Expedition:
    """One run of the workflow. It can be replayed: what it holds follows from the outputs of its steps."""

    def __init__(self, colony: Colony, context: WorkflowContext, request: ResearchRequest, worked: float) -> None:
        self._colony = colony
        self._context = context
        self._request = request
        lineup = colony.lineup(context.run_id)
        self._agents = without(lineup.lent, lineup.agents) if request.sources and lineup.lent else lineup.agents
        self._effort = EFFORTS[request.depth]
        self._deadlines = Deadlines(colony.clock)
        self._supervisor = Supervisor(
            request.budget(colony.budget), colony.clock, context.emit, self._deadlines, worked=worked
        )
        self._voices = Voices(colony.llms, colony.stand_in, context, self._supervisor, request)
        self._llm = self._voices.of(None).llm
        self._tools = dict(colony.tools(self._agents))
        self._bench = Bench(
            asker=lambda agent: self._voices.of(agent.model),
            tools=self._tools,
            agents=self._agents,
            supervisor=self._supervisor,
            context=context,
            clock=colony.clock,
            gate=colony.gate,
            deadlines=self._deadlines,
            seed=request.seed,
        )
        self._coordinator = Coordinator(
            self._ask(COORDINATOR), colony.add_sources, colony.clock, context.emit, agent=self._member(COORDINATOR)
        )
        self._snapshots: list[str] | None = None
        self._questions: list[str] = []
        self._at_work: dict[str, Researcher] = {}
        self._gathered = Gathered()
        self._notes: list[str] = []

    async def run(self) -> TaskResult:
        started_at = self._colony.clock.now()
        await self._context.emit(AgentStarted(agent_id=COORDINATOR.id, role=COORDINATOR.role, goal=COORDINATOR.goal))
        await self._supervisor.report(self._colony.degradations)
        try:
            limit = self._deadlines.limit(self._supervisor.seconds_left * (1 - _FOR_WRITING))
            async with limit, self._colony.notices.told_to(self._supervisor.wait):
                await self._gather()
        except TimeoutError:
            await self._supervisor.hinder("the time budget is used up", "answer with what was found so far")
            self._save_what_was_found()
        written = await self._write()
        await self._note(written)
        result = self._result(written, started_at)
        summary = f"{len(result.claims)} claims from {len(result.sources)} documents"
        await self._context.emit(
            AgentFinished(agent_id=COORDINATOR.id, role=COORDINATOR.role, status=result.status, summary=summary)
        )
        return result

    def _result(self, written: Written, started_at: datetime) -> TaskResult:
        verdict = Verdict(
            written=written,
            notes=[*self._notes, *self._supervisor.notes],
            usage=self._total_usage(),
            model=", ".join(self._voices.spoken.models) or self._llm.capabilities().name,
            complete=not self._supervisor.hindered,
        )
        return conclude(
            self._request,
            verdict,
            run_id=self._context.run_id,
            started_at=started_at,
            finished_at=self._colony.clock.now(),
        )

    def _member(self, agent: Agent) -> Agent:
        return self._agents.get(agent.id, agent)

    def _ask(self, agent: Agent) -> Asker:
        return self._voices.of(self._member(agent).model)

    def _remarked(self, fn: Callable[[I], Awaitable[R]]) -> Callable[[I], Awaitable[R]]:
        """Return what does the same, and has what was noted meanwhile come with it."""

        async def work(given: I) -> R:
            known = len(self._supervisor.notes)
            done = await fn(given)
            told = {"remarks": self._supervisor.notes[known:], "hindered": self._supervisor.hindered}
            return done.model_copy(update=told)

        return work

    async def _gather(self) -> None:
        await self._fetch_tools()
        await self._read_sources()
        if self._request.agent is not None:
            await self._investigate([in_context(self._request.question, self._request.conversation)])
            return
        planned = await self._context.step(
            "plan",
            self._remarked(self._coordinator.plan),
            PlanJob(
                question=self._request.question,
                max_sub_questions=self._effort.sub_questions,
                conversation=self._request.conversation,
            ),
            returns=Planned,
        )
        self._supervisor.recall(planned)
        self._voices.hear(COORDINATOR.id, planned.spoken)
        await self._investigate(planned.sub_questions)
        for number in range(1, self._effort.rounds + 1):
            follow_ups = await self._reflect(number)
            if not follow_ups:
                break
            await self._investigate(follow_ups)

    async def _fetch_tools(self) -> None:
        """Ask those for their tools whose tools an agent has. Say which are not on this machine: where machines share
        runs, it may be another one than that on which the agents were set up."""
        await self._supervisor.report(lacking(self._agents, self._tools, self._colony.sources))
        named = [name for agent in self._agents.values() for name in agent.tools]
        for source in self._colony.sources:
            if not any(name.startswith(f"{source.name}.") for name in named):
                continue
            try:
                self._tools |= {tool.name: tool for tool in await source.tools()}
                await self._supervisor.report(source.notices)
            except ToolError as error:
                await self._supervisor.report([str(error)])

    async def _read_sources(self) -> None:
        if not self._request.sources:
            return
        given = SourcesToRead(locations=self._request.sources, namespace=self._request.namespace)
        ingested = await self._context.step("read", self._coordinator.read_sources, given, returns=Ingested)
        self._snapshots = [source.sha256 for source in ingested.sources]
        self._notes += [f"Not read: {problem.message}" for problem in ingested.problems]

    async def _investigate(self, questions: Sequence[str]) -> None:
        admitted = await self._supervisor.admit(len(questions))
        first = len(self._questions) + 1
        tasks = [self._assignment(question, number) for number, question in enumerate(questions[:admitted], first)]
        self._questions += [task.question for task in tasks]
        research = self._remarked(self._research)
        found = await self._context.fan_out(f"research-{first}", research, tasks, returns=Investigation)
        for task, investigation in zip(tasks, found, strict=True):
            self._take(task.agent_id, investigation)

    def _assignment(self, question: str, number: int) -> Assignment:
        alone = self._request.agent
        kind = self._agents[alone] if alone is not None else self._member(RESEARCHER)
        return Assignment(
            agent_id=kind.id if alone is not None else f"{RESEARCHER.id}-{number}",
            agent=kind.id,
            parent_id=COORDINATOR.id,
            question=question,
            main_question=self._request.question,
            namespace=self._request.namespace,
            snapshots=self._snapshots,
            passages=self._readable(),
            opening=opening(kind, question, recalls=self._recalls(), web=not self._request.sources),
            origins=self._origins(),
            thoughts=self._effort.thoughts if alone is None else kind.budget.max_steps,
            until_found=self._effort.until_found and alone is None,
        )

    def _origins(self) -> list[Origin]:
        """Return what had a part in the questions that are asked from now on: earlier messages, and what was found."""
        said = [_SAID_BEFORE] if self._request.conversation else []
        return distinct([*said, *self._gathered.origins()])

    async def _research(self, task: Assignment) -> Investigation:
        self._at_work[task.agent_id] = researcher = Researcher(self._bench, task)
        return await researcher.investigate()

    def _take(self, agent_id: str, found: Investigation) -> None:
        self._at_work.pop(agent_id, None)
        self._gathered.take(agent_id, found)
        self._supervisor.recall(found)
        self._supervisor.settle(agent_id, found.spent)
        self._supervisor.hindered = self._supervisor.hindered or found.stopped
        self._notes += [f"{agent_id} was hindered: {trouble}" for trouble in found.trouble]
        self._voices.spoken += found.spoken

    def _save_what_was_found(self) -> None:
        for agent_id, researcher in list(self._at_work.items()):
            self._take(agent_id, researcher.found())

    async def _reflect(self, number: int) -> list[str]:
        job = ReflectJob(
            question=self._request.question,
            sub_questions=self._questions,
            evidence=self._gathered.evidence(),
            max_follow_ups=self._effort.sub_questions,
        )
        critic = Critic(self._ask(CRITIC), self._context.emit, agent=self._member(CRITIC))
        given = Review(round=number, job=job)
        reviewed = await self._context.step(
            f"reflect-{number}", self._remarked(critic.reflect), given, returns=Reviewed
        )
        self._supervisor.recall(reviewed)
        self._voices.hear(CRITIC.id, reviewed.spoken)
        reflection = reviewed.reflection
        self._notes += reflection.contradictions
        if reflection.contradictions:
            told = f"the sources disagree in {len(reflection.contradictions)} points"
            await self._supervisor.intervene(told, "show both sides", noted=False)
        if not reflection.follow_ups and reflection.notes:
            self._notes.append(reflection.notes)  # otherwise what follows may close the gaps that it tells of
        return reflection.follow_ups

    async def _write(self) -> Written:
        job = ComposeJob(
            question=self._request.question, evidence=self._gathered.evidence(), max_claims=self._effort.claims
        )
        writer = self._writer(self._ask(WRITER))
        if not self._llm.capabilities().generative:
            written = await self._context.step("write", self._remarked(writer.compose), job, returns=Written)
        else:
            written = await self._write_in_time(writer, job)
        self._supervisor.recall(written)
        self._voices.hear(WRITER.id, written.spoken)
        return written

    async def _write_in_time(self, writer: Writer, job: ComposeJob) -> Written:
        """Have a model write the answer; where time or tokens are used up, it is written by rule."""
        over = None if self._supervisor.tokens_left else "the token budget is used up"
        if over is None:
            try:
                async with self._deadlines.limit(self._supervisor.seconds_left):
                    return await self._context.step("write", self._remarked(writer.compose), job, returns=Written)
            except TimeoutError:
                over = "the writer did not finish in time"
        stand_in = self._colony.stand_in
        await self._supervisor.hinder(over, f"{stand_in.capabilities().name} writes the answer")
        return await self._context.step("write-by-rule", self._writer(Asker(stand_in)).compose, job, returns=Written)

    def _writer(self, ask: Asker) -> Writer:
        return Writer(ask, self._colony.snapshots, self._context.emit, agent=self._member(WRITER))

    async def _note(self, written: Written) -> None:
        memory = self._colony.memory
        supported = {number for claim in written.claims if claim.supported for number in claim.citations}
        citations = [citation for citation in written.citations if citation.id in supported]
        if memory is None or not memory.notes or not citations:
            return
        notes = Notes(memory, self._context.run_id, self._context.emit, agent=self._member(WRITER))
        found = ToNote(namespace=self._request.namespace, citations=citations)
        noted = await self._context.step("note", notes.note, found, returns=Noted)
        if noted.trouble is not None:
            await self._supervisor.report([noted.trouble])

    def _readable(self) -> int:
        """Return how many passages a researcher reads: not more than its model can find its way in."""
        window = self._llm.capabilities().window_tokens
        if window is None:
            return self._effort.passages
        return max(1, min(self._effort.passages, window // PASSAGE_TOKENS))

    def _recalls(self) -> bool:
        """Who names the documents wants an answer from these."""
        memory = self._colony.memory
        return memory is not None and memory.recalls and not self._request.sources

    def _total_usage(self) -> Usage:
        spent = {"steps": self._supervisor.steps, "seconds": round(self._supervisor.seconds, 3)}
        return self._voices.spoken.usage.model_copy(update=spent)
