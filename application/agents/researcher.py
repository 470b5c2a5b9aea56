"""A researcher recalls, searches and quotes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from rookery.application.agents.coordinator import Emit
from rookery.application.agents.roster import COORDINATOR, RESEARCHER
from rookery.application.asking import Spoken, ask
from rookery.application.memory.agents import AgentMemory
from rookery.application.retrieval import SearchPassages
from rookery.domain.agents import Agent
from rookery.domain.citations import place_quote
from rookery.domain.errors import StorageError
from rookery.domain.events import AgentFinished, AgentStarted, StepStarted, ToolCalled, ToolReturned
from rookery.domain.frozen import Frozen
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.llm import LLMPort
from rookery.domain.reasoning import Evidence, FindEvidenceJob, Findings, Quote
from rookery.domain.results import TaskStatus
from rookery.domain.sources import Passage, ScoredPassage

QUOTES = 6


class Assignment(Frozen):
    """One sub-question for one researcher.

    `snapshots` limits where it looks; null is the whole library. With `recalls` it looks into memory first.
    """

    agent_id: str
    question: str
    main_question: str
    namespace: str
    snapshots: list[str] | None
    passages: int
    recalls: bool = False


class Investigation(Frozen):
    """What a researcher found, best first; the ids of the evidence count from 1 within the investigation."""

    question: str
    evidence: list[Evidence]
    spoken: Spoken


class Researcher:
    """Answers assignments. Quotes that the passages do not contain are dropped, and counted in its report."""

    def __init__(
        self,
        llm: LLMPort,
        search: SearchPassages,
        *,
        clock: ClockPort,
        emit: Emit,
        memory: AgentMemory | None = None,
        agent: Agent = RESEARCHER,
    ) -> None:
        self._llm = llm
        self._agent = agent
        self._search = search
        self._clock = clock
        self._emit = emit
        self._memory = memory

    async def investigate(self, task: Assignment) -> Investigation:
        """Look into memory and the documents for the sub-question, and quote what they say to it."""
        await self._emit(
            AgentStarted(agent_id=task.agent_id, role=RESEARCHER.role, goal=task.question, parent_id=COORDINATOR.id)
        )
        recalled = await self._recall(task, self._memory) if task.recalls and self._memory else []
        hits = await self._search_documents(task)
        passages = _unique([*(hit.passage for hit in hits), *recalled])
        quotes, spoken = await self._quote(task, passages)
        evidence = _place(task, passages, quotes)
        lost = len(quotes) - len(evidence)
        summary = f"{len(evidence)} quotes" + (f", {lost} dropped that no document contains" if lost else "")
        status = TaskStatus.SUCCEEDED if evidence else TaskStatus.PARTIAL
        await self._emit(AgentFinished(agent_id=task.agent_id, role=RESEARCHER.role, status=status, summary=summary))
        return Investigation(question=task.question, evidence=evidence, spoken=spoken)

    async def _search_documents(self, task: Assignment) -> list[ScoredPassage]:
        async with self._tool(task, "search_documents") as returned:
            hits = await self._search(task.namespace, task.question, limit=task.passages, snapshots=task.snapshots)
            documents = len({hit.passage.sha256 for hit in hits})
            returned.summary = f"{len(hits)} passages from {documents} documents" if hits else "nothing found"
        return hits

    async def _recall(self, task: Assignment, memory: AgentMemory) -> list[Passage]:
        """Look into memory. What does not work there is told, and the documents are searched all the same."""
        async with self._tool(task, "recall_memory") as returned:
            try:
                recalled = await memory.recall(self._agent, task.namespace, task.question)
            except StorageError as error:
                returned.ok, returned.summary = False, str(error)
                return []
            found = f"{len(recalled.passages)} memories" if recalled.passages else "nothing recalled"
            returned.summary = "; ".join([found, *recalled.degraded])
        return recalled.passages

    @asynccontextmanager
    async def _tool(self, task: Assignment, tool: str) -> AsyncIterator["_Returned"]:
        """Tell that a tool is called with the task's question, and what the block notes of its return."""
        call_id = f"{task.agent_id}-{tool}"
        await self._emit(
            ToolCalled(agent_id=task.agent_id, call_id=call_id, tool=tool, arguments={"query": task.question})
        )
        began, returned = self._clock.monotonic(), _Returned()
        yield returned
        await self._emit(
            ToolReturned(
                agent_id=task.agent_id,
                call_id=call_id,
                tool=tool,
                ok=returned.ok,
                summary=returned.summary,
                seconds=self._clock.monotonic() - began,
            )
        )

    async def _quote(self, task: Assignment, passages: list[Passage]) -> tuple[list[Quote], Spoken]:
        if not passages:
            return [], Spoken()
        await self._emit(StepStarted(agent_id=task.agent_id, step="read", label=f"Reading {len(passages)} passages"))
        job = FindEvidenceJob(
            question=task.question,
            main_question=task.main_question,
            passages=passages,
            limit=QUOTES,
        )
        me = self._agent.model_copy(update={"id": task.agent_id})
        findings, spoken = await ask(self._llm, job, Findings, agent=me)
        return findings.quotes[:QUOTES], spoken


@dataclass
class _Returned:
    """What a tool call came to."""

    ok: bool = True
    summary: str = ""


def _unique(passages: list[Passage]) -> list[Passage]:
    """Leave out what lies within a passage that is there already."""
    kept: list[Passage] = []
    for passage in passages:
        within = (p for p in kept if p.sha256 == passage.sha256 and p.start <= passage.start and passage.end <= p.end)
        if next(within, None) is None:
            kept.append(passage)
    return kept


def _place(task: Assignment, hits: list[Passage], quotes: list[Quote]) -> list[Evidence]:
    passages = {passage.id: passage for passage in hits}
    placed: list[Evidence] = []
    for quote in quotes:
        passage = passages.get(quote.passage_id)
        span = place_quote(passage, quote) if passage is not None else None
        if passage is None or span is None:
            continue
        placed.append(
            Evidence(
                id=len(placed) + 1,
                passage=passage,
                quote=passage.text[span.start - passage.start : span.end - passage.start],
                start=span.start,
                end=span.end,
                sub_question=task.question,
                score=quote.score,
                agent_id=task.agent_id,
            )
        )
    return placed
