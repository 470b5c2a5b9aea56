"""The research workflow: read, plan, research side by side, reflect, write. Written once for every orchestrator."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rookery.application.agents.coordinator import Coordinator, Planned, SourcesToRead
from rookery.application.agents.critic import Critic, Review, Reviewed
from rookery.application.agents.researcher import Assignment, Investigation, Researcher
from rookery.application.agents.roster import AGENTS, COORDINATOR, CRITIC, RESEARCHER, WRITER
from rookery.application.agents.supervisor import Supervisor
from rookery.application.agents.writer import Noted, Notes, ToNote, Writer, Written
from rookery.application.asking import Spoken
from rookery.application.ingestion import AddSources, Ingested
from rookery.application.memory.agents import AgentMemory
from rookery.application.retrieval import SearchPassages
from rookery.application.run_llm import RunLLM
from rookery.application.verdict import Verdict, conclude
from rookery.domain.agents import Agent
from rookery.domain.events import AgentFinished, AgentStarted
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.llm import LLMPort
from rookery.domain.ports.orchestrator import WorkflowContext
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.reasoning import ComposeJob, Evidence, PlanJob, ReflectJob
from rookery.domain.results import TaskResult, Usage
from rookery.domain.runs import EFFORTS, PASSAGE_TOKENS, ResearchRequest


@dataclass(frozen=True)
class Colony:
    """What the agents of a run share.

    `llms` returns a model by name, the default one for None. `degradations` says what is missing, for the person.
    Without `memory` nothing is recalled and nothing noted. `agents` are the
    members, by the id of their role.
    """

    llms: Callable[[str | None], LLMPort]
    search: SearchPassages
    add_sources: AddSources
    snapshots: SnapshotStorePort
    clock: ClockPort
    degradations: Sequence[str] = ()
    memory: AgentMemory | None = None
    agents: Mapping[str, Agent] = field(default_factory=lambda: {agent.id: agent for agent in AGENTS})

    async def research(self, context: WorkflowContext, request: ResearchRequest) -> TaskResult:
        """Answer a question. This is the workflow that orchestrators run."""
        return await _Expedition(self, context, request).run()


class _Expedition:
    """One run of the workflow. It can be replayed: what it holds follows from the outputs of its steps."""

    def __init__(self, colony: Colony, context: WorkflowContext, request: ResearchRequest) -> None:
        self._colony = colony
        self._context = context
        self._request = request
        self._effort = EFFORTS[request.depth]
        self._supervisor = Supervisor(request.budget(), colony.clock, context.emit)
        llm = colony.llms(request.model)
        self._llm = RunLLM(llm, context.run_id, self._supervisor.notice, context.record)
        self._coordinator = Coordinator(
            self._llm, colony.add_sources, colony.clock, context.emit, agent=colony.agents[COORDINATOR.id]
        )
        self._snapshots: list[str] | None = None
        self._questions: list[str] = []
        self._investigations: dict[str, Investigation] = {}
        self._notes: list[str] = []
        self._spoken = Spoken()

    async def run(self) -> TaskResult:
        started_at = self._colony.clock.now()
        await self._context.emit(AgentStarted(agent_id=COORDINATOR.id, role=COORDINATOR.role, goal=COORDINATOR.goal))
        await self._supervisor.report(self._colony.degradations)
        out_of_time = False
        try:
            async with asyncio.timeout(self._supervisor.seconds_left):
                await self._gather()
        except TimeoutError:
            out_of_time = True
            await self._supervisor.intervene("the time budget is used up", "answer with what was found so far")
        written = await self._write()
        await self._note(written)
        verdict = Verdict(
            written=written,
            notes=[*self._notes, *self._supervisor.notes],
            usage=self._total_usage(),
            model=", ".join(self._spoken.models) or self._llm.capabilities().name,
            complete=not out_of_time,
        )
        result = conclude(
            self._request,
            verdict,
            run_id=self._context.run_id,
            started_at=started_at,
            finished_at=self._colony.clock.now(),
        )
        summary = f"{len(result.claims)} claims from {len(result.sources)} documents"
        await self._context.emit(
            AgentFinished(agent_id=COORDINATOR.id, role=COORDINATOR.role, status=result.status, summary=summary)
        )
        return result

    async def _gather(self) -> None:
        await self._read_sources()
        planned = await self._context.step(
            "plan",
            self._coordinator.plan,
            PlanJob(question=self._request.question, max_sub_questions=self._effort.sub_questions),
            returns=Planned,
        )
        self._spoken += planned.spoken
        await self._investigate(planned.sub_questions)
        for number in range(1, self._effort.rounds + 1):
            follow_ups = await self._reflect(number)
            if not follow_ups:
                break
            await self._investigate(follow_ups)

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
        tasks = [
            Assignment(
                agent_id=f"researcher-{number}",
                question=question,
                main_question=self._request.question,
                namespace=self._request.namespace,
                snapshots=self._snapshots,
                passages=self._readable(),
                recalls=self._recalls(),
            )
            for number, question in enumerate(questions[:admitted], first)
        ]
        self._questions += [task.question for task in tasks]
        found = await self._context.fan_out(f"research-{first}", self._research, tasks, returns=Investigation)
        for task, investigation in zip(tasks, found, strict=True):
            self._investigations[task.agent_id] = investigation
            self._spoken += investigation.spoken

    async def _research(self, task: Assignment) -> Investigation:
        researcher = Researcher(
            self._llm,
            self._colony.search,
            clock=self._colony.clock,
            emit=self._context.emit,
            memory=self._colony.memory,
            agent=self._colony.agents[RESEARCHER.id],
        )
        investigation = await researcher.investigate(task)
        self._investigations[task.agent_id] = investigation
        return investigation

    async def _reflect(self, number: int) -> list[str]:
        job = ReflectJob(
            question=self._request.question,
            sub_questions=self._questions,
            evidence=self._evidence(),
            max_follow_ups=self._effort.sub_questions,
        )
        critic = Critic(self._llm, self._context.emit, agent=self._colony.agents[CRITIC.id])
        given = Review(round=number, job=job)
        reviewed = await self._context.step(f"reflect-{number}", critic.reflect, given, returns=Reviewed)
        self._spoken += reviewed.spoken
        reflection = reviewed.reflection
        self._notes += reflection.contradictions
        if not reflection.follow_ups and reflection.notes:
            self._notes.append(reflection.notes)  # otherwise what follows may close the gaps that it tells of
        return reflection.follow_ups

    async def _write(self) -> Written:
        job = ComposeJob(question=self._request.question, evidence=self._evidence(), max_claims=self._effort.claims)
        agent = self._colony.agents[WRITER.id]
        writer = Writer(self._llm, self._colony.snapshots, self._context.emit, agent=agent)
        written = await self._context.step("write", writer.compose, job, returns=Written)
        self._spoken += written.spoken
        return written

    async def _note(self, written: Written) -> None:
        memory = self._colony.memory
        supported = {number for claim in written.claims if claim.supported for number in claim.citations}
        citations = [citation for citation in written.citations if citation.id in supported]
        if memory is None or not memory.notes or not citations:
            return
        notes = Notes(memory, self._context.run_id, self._context.emit, agent=self._colony.agents[WRITER.id])
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
        return self._spoken.usage.model_copy(update=spent)

    def _evidence(self) -> list[Evidence]:
        """Return each quote once, with the best score it got, numbered in the order of the agents."""
        unique: dict[tuple[str, int, int], Evidence] = {}
        for agent_id in sorted(self._investigations, key=_number):
            for piece in self._investigations[agent_id].evidence:
                place = (piece.passage.sha256, piece.start, piece.end)
                if place not in unique or piece.score > unique[place].score:
                    unique[place] = piece
        return [piece.model_copy(update={"id": number}) for number, piece in enumerate(unique.values(), 1)]


def _number(agent_id: str) -> int:
    return int(agent_id.rpartition("-")[2])
