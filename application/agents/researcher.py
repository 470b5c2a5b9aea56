"""A researcher searches and quotes."""

from rookery.application.agents.coordinator import Emit
from rookery.application.agents.roster import COORDINATOR, RESEARCHER
from rookery.application.asking import ask
from rookery.application.retrieval import SearchPassages
from rookery.domain.citations import place_quote
from rookery.domain.events import AgentFinished, AgentStarted, StepStarted, ToolCalled, ToolReturned
from rookery.domain.frozen import Frozen
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.llm import LLMPort
from rookery.domain.reasoning import Evidence, FindEvidenceJob, Findings, Quote
from rookery.domain.results import TaskStatus, Usage
from rookery.domain.sources import ScoredPassage

QUOTES = 6


class Assignment(Frozen):
    """One sub-question for one researcher. `snapshots` limits where it looks; null is the whole library."""

    agent_id: str
    question: str
    main_question: str
    namespace: str
    snapshots: list[str] | None
    passages: int


class Investigation(Frozen):
    """What a researcher found, best first; the ids of the evidence count from 1 within the investigation."""

    question: str
    evidence: list[Evidence]
    usage: Usage


class Researcher:
    """Answers assignments. Quotes that the passages do not contain are dropped, and counted in its report."""

    def __init__(self, llm: LLMPort, search: SearchPassages, clock: ClockPort, emit: Emit) -> None:
        self._llm = llm
        self._search = search
        self._clock = clock
        self._emit = emit

    async def investigate(self, task: Assignment) -> Investigation:
        """Search the documents for the sub-question and quote what they say to it."""
        await self._emit(
            AgentStarted(agent_id=task.agent_id, role=RESEARCHER.role, goal=task.question, parent_id=COORDINATOR.id)
        )
        hits = await self._search_documents(task)
        quotes, usage = await self._quote(task, hits)
        evidence = _place(task, hits, quotes)
        lost = len(quotes) - len(evidence)
        summary = f"{len(evidence)} quotes" + (f", {lost} dropped that no document contains" if lost else "")
        status = TaskStatus.SUCCEEDED if evidence else TaskStatus.PARTIAL
        await self._emit(AgentFinished(agent_id=task.agent_id, role=RESEARCHER.role, status=status, summary=summary))
        return Investigation(question=task.question, evidence=evidence, usage=usage)

    async def _search_documents(self, task: Assignment) -> list[ScoredPassage]:
        call_id = f"{task.agent_id}-search"
        tool = "search_documents"
        await self._emit(
            ToolCalled(agent_id=task.agent_id, call_id=call_id, tool=tool, arguments={"query": task.question})
        )
        began = self._clock.monotonic()
        hits = await self._search(task.namespace, task.question, limit=task.passages, snapshots=task.snapshots)
        documents = len({hit.passage.sha256 for hit in hits})
        summary = f"{len(hits)} passages from {documents} documents" if hits else "nothing found"
        await self._emit(
            ToolReturned(
                agent_id=task.agent_id,
                call_id=call_id,
                tool=tool,
                ok=True,
                summary=summary,
                seconds=self._clock.monotonic() - began,
            )
        )
        return hits

    async def _quote(self, task: Assignment, hits: list[ScoredPassage]) -> tuple[list[Quote], Usage]:
        if not hits:
            return [], Usage()
        await self._emit(StepStarted(agent_id=task.agent_id, step="read", label=f"Reading {len(hits)} passages"))
        job = FindEvidenceJob(
            question=task.question,
            main_question=task.main_question,
            passages=[hit.passage for hit in hits],
            limit=QUOTES,
        )
        findings, usage = await ask(self._llm, job, Findings, session=task.agent_id)
        return findings.quotes[:QUOTES], usage


def _place(task: Assignment, hits: list[ScoredPassage], quotes: list[Quote]) -> list[Evidence]:
    passages = {hit.passage.id: hit.passage for hit in hits}
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
