"""Quoting what passages say to a question, and locking the quotes to their places."""

from collections.abc import Iterable, Sequence

from rookery.application.agents.assignments import Assignment
from rookery.application.asking import Asker, Manner, Spoken
from rookery.domain.agents import Agent
from rookery.domain.citations import place_quote
from rookery.domain.frozen import Frozen
from rookery.domain.reasoning import Evidence, FindEvidenceJob, Findings, Quote
from rookery.domain.sources import Passage

QUOTES = 6


class Quoted(Frozen):
    """Quotes as the model gave them, and what they cost."""

    quotes: list[Quote]
    spoken: Spoken


async def quote(ask: Asker, job: FindEvidenceJob, *, agent: Agent, manner: Manner) -> Quoted:
    """Return at most `job.limit` quotes; whether the passages contain them is not known yet."""
    findings, spoken = await ask(job, Findings, agent=agent, default=Findings(quotes=[]), manner=manner)
    return Quoted(quotes=findings.quotes[: job.limit], spoken=spoken)


def unseen(passages: Iterable[Passage], seen: Sequence[Passage]) -> list[Passage]:
    """Leave out what lies within a passage that was there before."""
    kept: list[Passage] = []
    for passage in passages:
        if not any(_within(passage, other) for other in (*seen, *kept)):
            kept.append(passage)
    return kept


def place(task: Assignment, passages: Sequence[Passage], quotes: Sequence[Quote], *, first: int) -> list[Evidence]:
    """Return the quotes that their passages contain, as evidence numbered from `first`."""
    known = {passage.id: passage for passage in passages}
    placed: list[Evidence] = []
    for quote in quotes:
        passage = known.get(quote.passage_id)
        span = place_quote(passage, quote) if passage is not None else None
        if passage is None or span is None:
            continue
        placed.append(
            Evidence(
                id=first + len(placed),
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


def _within(passage: Passage, other: Passage) -> bool:
    return other.sha256 == passage.sha256 and other.start <= passage.start and passage.end <= other.end
