"""Putting a job to a language model and getting a typed answer back."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from pydantic import ValidationError

from rookery.application.fitting import fit
from rookery.application.prompting import numbered, prompt
from rookery.domain.actions import Decision, decision_schema
from rookery.domain.agents import Agent
from rookery.domain.errors import BrokenReply, CutReply
from rookery.domain.frozen import Frozen
from rookery.domain.inference import LLMReply, LLMRequest, Message
from rookery.domain.ports.llm import LLMPort
from rookery.domain.reasoning import (
    ActJob,
    ComposeJob,
    Draft,
    FindEvidenceJob,
    Findings,
    Job,
    Plan,
    Reflection,
)
from rookery.domain.results import Usage

_MAX_TOKENS = 2048  # six quotes of two long sentences each
_SENT_BACK, _FAULTS = 4000, 5  # characters of an invalid answer, and faults of it, that the model sees again
A = TypeVar("A", Plan, Findings, Reflection, Draft, Decision)


class Spoken(Frozen):
    """What answers cost, and which models gave them: more than one where another had to stand in."""

    usage: Usage = Usage()
    models: list[str] = []

    def __add__(self, other: "Spoken") -> "Spoken":
        """Return the sum; each model once, in the order in which they first spoke."""
        return Spoken(usage=self.usage + other.usage, models=list(dict.fromkeys([*self.models, *other.models])))


class Manner(Frozen):
    """How an answer is to be given. `max_tokens` is the most that it may have."""

    max_tokens: int = _MAX_TOKENS
    temperature: float = 0.0
    seed: int = 0


_USUAL = Manner()


async def ask(
    llm: LLMPort,
    job: Job,
    returns: type[A],
    *,
    agent: Agent,
    manner: Manner = _USUAL,
    messages: Sequence[Message] | None = None,
) -> tuple[A, Spoken]:
    """Return the model's answer to an agent's job, and what it cost. An invalid one is sent back once, with its faults.

    Models see passages numbered from 1: a number is one token, and an id is some twenty that are easily confused.

    Args:
        llm: the model.
        job: for it.
        returns: what an answer is.
        agent: whose job it is.
        manner: how it is to be answered.
        messages: the job as a prompt, where it was written before.

    Raises:
        BrokenReply: its second answer is invalid too.
        CutReply: an answer did not end.
        LLMError: the model failed.
    """
    given = numbered(job)
    request = LLMRequest(
        messages=prompt(given) if messages is None else list(messages),
        job=given,
        json_schema=decision_schema(job.tools) if isinstance(job, ActJob) else returns.model_json_schema(),
        allowed_sources=_allowed_sources(given),
        session=agent.id,
        max_tokens=manner.max_tokens,
        temperature=manner.temperature,
        seed=manner.seed,
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
            raise BrokenReply(
                f"{name} gave no valid {returns.__name__.lower()} in two tries; try another model",
                text=second.text,
                fault=second.fault,
                usage=first.spoken.usage + second.spoken.usage,
            ) from second
        spoken = first.spoken + more
    return _named(answer, job), spoken


class Asker:
    """Puts jobs to the model of a run. Where it gives nothing valid, a stand-in answers, and the person is told.

    Args:
        llm: the model.
        stand_in: works by rule; None: there is none.
        told: takes what could not be done, and what is done instead.
        seed: of what the model draws.
    """

    def __init__(
        self,
        llm: LLMPort,
        *,
        stand_in: LLMPort | None = None,
        told: Callable[[str, str], Awaitable[None]] | None = None,
        seed: int = 0,
    ) -> None:
        self.llm = llm
        self._usual = Manner(seed=seed)
        self._stand_in = stand_in
        self._told = told

    async def __call__(
        self, job: Job, returns: type[A], *, agent: Agent, default: A, manner: Manner | None = None
    ) -> tuple[A, Spoken]:
        """Return an answer to a job, and what it cost: `default` where neither the model nor a stand-in has one.

        Raises:
            LLMError: the model failed, apart from what it wrote.
        """
        manner = manner or self._usual
        fitted, told = await fit(self.llm, job, reply=manner.max_tokens)
        if told is not None:
            await self._say(f"{agent.id}: {told}", "go on with the rest")
        try:
            return await ask(self.llm, fitted, returns, agent=agent, manner=manner)
        except (BrokenReply, CutReply) as error:
            wasted = Spoken(usage=error.usage)
            instead = f"{self._stand_in.capabilities().name} stands in" if self._stand_in else "go on without it"
            await self._say(f"{agent.id}: {error}", instead)
        if self._stand_in is None:
            return default, wasted
        answer, spoken = await ask(self._stand_in, job, returns, agent=agent)
        return answer, wasted + spoken

    async def _say(self, reason: str, action: str) -> None:
        if self._told is not None:
            await self._told(reason, action)


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
        raise _Invalid(error.text[:_SENT_BACK], error.fault, Spoken(usage=error.usage)) from error
    spoken = _spoken(llm, reply)
    try:
        return returns.model_validate_json(reply.text), spoken
    except ValidationError as error:
        if spoken.usage.completion_tokens >= request.max_tokens:
            name = spoken.models[-1]
            raise CutReply(
                f"{name} was cut off after {request.max_tokens} tokens, in the midst of its answer", usage=spoken.usage
            ) from error
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:_FAULTS])
        raise _Invalid(reply.text[:_SENT_BACK], faults, spoken) from error


def _spoken(llm: LLMPort, reply: LLMReply) -> Spoken:
    return Spoken(usage=reply.usage, models=[reply.model or llm.capabilities().name])


def _named(answer: A, job: Job) -> A:
    """Return the answer with the ids of the passages for their numbers. A number of no passage stays one."""
    if not isinstance(answer, Findings) or not isinstance(job, FindEvidenceJob):
        return answer
    ids = {str(n): passage.id for n, passage in enumerate(job.passages, 1)}
    quotes = [q.model_copy(update={"passage_id": ids.get(q.passage_id, q.passage_id)}) for q in answer.quotes]
    return answer.model_copy(update={"quotes": quotes})


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
