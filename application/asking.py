"""Putting a job to a language model and getting a typed answer back."""

import re
from collections.abc import Sequence
from typing import TypeVar

from pydantic import ValidationError

from rookery.application.prompts import render
from rookery.domain.agents import Agent
from rookery.domain.errors import BrokenReply, LLMError
from rookery.domain.frozen import Frozen
from rookery.domain.inference import LLMReply, LLMRequest, Message
from rookery.domain.ports.llm import LLMPort
from rookery.domain.reasoning import (
    ComposeJob,
    Draft,
    Evidence,
    FindEvidenceJob,
    Findings,
    Job,
    Plan,
    PlanJob,
    Reflection,
    ReflectJob,
)
from rookery.domain.results import Usage

_TAG = re.compile(r"<(?=/?document\b)", re.IGNORECASE)
_MAX_TOKENS = 2048  # six quotes of two long sentences each
A = TypeVar("A", Plan, Findings, Reflection, Draft)


class Spoken(Frozen):
    """What answers cost, and which models gave them: more than one where another had to stand in."""

    usage: Usage = Usage()
    models: list[str] = []

    def __add__(self, other: "Spoken") -> "Spoken":
        """Return the sum; each model once, in the order in which they first spoke."""
        return Spoken(usage=self.usage + other.usage, models=list(dict.fromkeys([*self.models, *other.models])))


async def ask(llm: LLMPort, job: Job, returns: type[A], *, agent: Agent) -> tuple[A, Spoken]:
    """Return the model's answer to an agent's job, and what it cost. An invalid one is sent back once, with its faults.

    Models see passages numbered from 1: a number is one token, and an id is some twenty that are easily confused.

    Raises:
        LLMError: the model failed, or its second answer is invalid too.
    """
    given = numbered(job)
    request = LLMRequest(
        messages=prompt(given),
        job=given,
        json_schema=returns.model_json_schema(),
        allowed_sources=_allowed_sources(given),
        session=agent.id,
        max_tokens=_MAX_TOKENS,
        priority=agent.priority,
        lora=agent.lora,
    )
    try:
        answer, spoken = await _once(llm, request, returns)
    except _Invalid as first:
        repair = request.model_copy(update={"messages": _repair(request, first)})
        try:
            answer, more = await _once(llm, repair, returns)
        except _Invalid as second:
            name = (second.spoken.models or first.spoken.models or [llm.capabilities().name])[-1]
            raise LLMError(
                f"{name} gave no valid {returns.__name__.lower()} in two tries; try another model"
            ) from second
        spoken = first.spoken + more
    return _named(answer, job), spoken


class _Invalid(Exception):
    """An answer that is none: its text, what is wrong with it, and what it cost as far as that is known."""

    def __init__(self, text: str, fault: str, spoken: Spoken) -> None:
        super().__init__(fault)
        self.text = text
        self.fault = fault
        self.spoken = spoken


async def _once(llm: LLMPort, request: LLMRequest, returns: type[A]) -> tuple[A, Spoken]:
    try:
        reply = await llm.complete(request)
    except BrokenReply as error:
        raise _Invalid(error.text, error.fault, Spoken()) from error
    spoken = _spoken(llm, reply)
    try:
        return returns.model_validate_json(reply.text), spoken
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise _Invalid(reply.text, faults, spoken) from error


def _spoken(llm: LLMPort, reply: LLMReply) -> Spoken:
    return Spoken(usage=reply.usage, models=[reply.model or llm.capabilities().name])


def numbered(job: Job) -> Job:
    """Return the job with numbers for the ids of its passages."""
    if not isinstance(job, FindEvidenceJob):
        return job
    passages = [passage.model_copy(update={"id": str(n)}) for n, passage in enumerate(job.passages, 1)]
    return job.model_copy(update={"passages": passages})


def _named(answer: A, job: Job) -> A:
    """Return the answer with the ids of the passages for their numbers. A number of no passage stays one."""
    if not isinstance(answer, Findings) or not isinstance(job, FindEvidenceJob):
        return answer
    ids = {str(n): passage.id for n, passage in enumerate(job.passages, 1)}
    quotes = [q.model_copy(update={"passage_id": ids.get(q.passage_id, q.passage_id)}) for q in answer.quotes]
    return answer.model_copy(update={"quotes": quotes})


def prompt(job: Job) -> list[Message]:
    """Return what puts a job to a language model."""
    match job:
        case PlanJob():
            return render("plan", question=job.question, limit=str(job.max_sub_questions))
        case FindEvidenceJob():
            documents = "\n".join(_fenced(passage.id, passage.title, passage.text) for passage in job.passages)
            context = f"The whole question, for context: {job.main_question}\n"
            return render(
                "find_evidence",
                context=context if job.main_question != job.question else "",
                question=job.question,
                passages=documents,
                limit=str(job.limit),
            )
        case ReflectJob():
            return render(
                "reflect",
                question=job.question,
                sub_questions="\n".join(f"- {question}" for question in job.sub_questions),
                evidence=_quoted(job.evidence),
                limit=str(job.max_follow_ups),
            )
        case ComposeJob():
            limit = str(job.max_claims)
            return render("compose", question=job.question, evidence=_quoted(job.evidence), limit=limit)


def _quoted(evidence: Sequence[Evidence]) -> str:
    return "\n".join(_fenced(str(piece.id), piece.passage.title, piece.quote) for piece in evidence)


def _fenced(source_id: str, title: str, text: str) -> str:
    """Return a document between tags that its own text cannot end."""
    inside = _TAG.sub("‹", text)
    return f'<document id="{source_id}" title="{_TAG.sub("‹", title).replace(chr(34), "”")}">\n{inside}\n</document>'


def _allowed_sources(job: Job) -> list[str] | None:
    match job:
        case FindEvidenceJob():
            return [passage.id for passage in job.passages]
        case ComposeJob():
            return [str(piece.id) for piece in job.evidence]
        case _:
            return None


def _repair(request: LLMRequest, answer: _Invalid) -> list[Message]:
    return [
        *request.messages,
        Message(role="assistant", content=answer.text),
        Message(role="user", content=f"That is not valid: {answer.fault}. Give the whole JSON value again, corrected."),
    ]
