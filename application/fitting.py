"""Making a prompt fit the model's context: what has to be left out is left out by section, and said."""

from collections.abc import Sequence
from functools import lru_cache

from rookery.application.prompting import prompt
from rookery.domain.inference import Message
from rookery.domain.ports.llm import LLMPort
from rookery.domain.reasoning import ActJob, ComposeJob, FindEvidenceJob, Job, PlanJob, ReflectJob

_SMALL = 8192
"""Bytes of a prompt that fits any context: that of a model which is not loaded yet need not be found out for it."""

_TEXTS = 512  # whose sizes are kept in mind: a conversation brings its texts again and again
_FRAME = 16  # tokens that a template puts around a message, at most


async def fit(llm: LLMPort, job: Job, *, reply: int) -> tuple[Job, str | None]:
    """Return the job with as much of its evidence as there is room for, and what was left out.

    Quotes of the lowest score go first, and passages from the end, where the least promising are. A job that does not
    fit without any is returned as it is: the model's adapter refuses it, with both numbers.

    Args:
        llm: counts the tokens.
        job: with all its evidence.
        reply: tokens that the answer may need.
    """
    limit = await room(llm, prompt(job), reply)
    if limit is None:
        return job, None
    had = tokens = await size(llm, prompt(job), limit)
    fitted, kept = job, _count(job)
    while tokens > limit and kept > 1:
        kept = min(kept - 1, max(1, kept * limit // tokens))
        fitted = _with_best(job, kept)
        tokens = await size(llm, prompt(fitted), limit)
    if fitted is job:
        return job, None
    left = _count(job) - kept
    if isinstance(job, PlanJob):
        return fitted, f"the conversation makes a prompt of {had} tokens: its first {left} turns were left out"
    what = "passages" if isinstance(job, FindEvidenceJob) else "quotes"
    return fitted, (
        f"the evidence makes a prompt of {had} tokens, and there is room for {limit}: {left} of {_count(job)} {what} "
        "were left out, those of the least promise"
    )


async def room(llm: LLMPort, messages: Sequence[Message], reply: int) -> int | None:
    """Return the tokens that a prompt may have; None where there is no limit, or it is not near."""
    known = llm.capabilities()
    if not known.generative:
        return None
    if known.context_tokens is None and most(messages) > _SMALL:
        await llm.count_tokens(messages)
        known = llm.capabilities()
    if known.context_tokens is None:
        return None
    return known.context_tokens - min(reply, known.context_tokens // 4)


async def size(llm: LLMPort, messages: Sequence[Message], limit: int) -> int:
    """Return the tokens of a prompt: exactly, unless even its bytes are fewer than the limit."""
    bound = most(messages)
    return bound if bound <= limit else await llm.count_tokens(messages)


def most(messages: Sequence[Message]) -> int:
    """Return how many tokens a prompt has at most: none is shorter than a byte."""
    return sum(_bytes(message.content) + _FRAME for message in messages)


@lru_cache(_TEXTS)
def _bytes(text: str) -> int:
    return len(text.encode())


def _count(job: Job) -> int:
    match job:
        case FindEvidenceJob():
            return len(job.passages)
        case ComposeJob() | ReflectJob():
            return len(job.evidence)
        case PlanJob():
            return len(job.conversation)
        case ActJob():
            return 0


def _with_best(job: Job, kept: int) -> Job:
    match job:
        case FindEvidenceJob():
            return job.model_copy(update={"passages": job.passages[:kept]})
        case ComposeJob() | ReflectJob():
            best = sorted(job.evidence, key=lambda piece: -piece.score)[:kept]
            chosen = {piece.id for piece in best}
            return job.model_copy(update={"evidence": [piece for piece in job.evidence if piece.id in chosen]})
        case PlanJob():
            return job.model_copy(update={"conversation": job.conversation[-kept:]})
        case _:
            return job
