"""Keeping an agent's conversation within its room: old rounds are folded into notes, with the quotes that they found.

The notes are made by rule, so that nothing is made up and each note names its evidence. Between two foldings the
conversation only grows at its end.
"""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from rookery.application.conversations import Rounds, conversation
from rookery.application.fitting import most, size
from rookery.domain.actions import Turn
from rookery.domain.errors import ContextOverflow
from rookery.domain.inference import Message
from rookery.domain.ports.llm import LLMPort
from rookery.domain.reasoning import ActJob, Evidence
from rookery.domain.results import Usage

SCRATCHPAD = 6000
"""Tokens of a conversation, at most, where the model has room for more: a short one is read soon and well."""

_KEPT = 2  # rounds that are never folded
_NOTES = 24  # lines, of rounds that were folded
_QUOTE = 200  # characters of a quote in a note


class Memo:
    """What an agent keeps in mind."""

    def __init__(self) -> None:
        self._rounds = Rounds()
        self._folded = 0
        self._notes: list[str] = []
        self._asked = 0
        self._counted: int | None = None

    def count(self, usage: Usage) -> None:
        """Learn how many tokens the prompt of the last `fit` had, by what its answer cost.

        What comes to it has as many tokens as bytes at most, so that few prompts have to be counted.
        """
        if usage.prompt_tokens:
            self._counted = usage.prompt_tokens - self._asked

    async def fit(
        self, llm: LLMPort, job: ActJob, evidence: Sequence[Evidence], *, reply: int
    ) -> tuple[ActJob, list[Message], str | None]:
        """Return the job with as many rounds as there is room for, its prompt, and what was folded just now.

        Args:
            llm: counts the tokens.
            job: with all rounds.
            evidence: what was found in them.
            reply: tokens that the answer needs.

        Raises:
            ContextOverflow: the task does not fit even without the rounds before the last ones.
        """
        limit = _limit(llm, reply)
        shortened, messages = self._written(job)
        tokens = await self._size(llm, messages, limit)
        if tokens <= limit:
            return shortened, messages, None
        self._counted = None
        before, had = self._folded, tokens
        while tokens > limit and len(job.turns) - self._folded > _KEPT:
            self._folded += max(1, (len(job.turns) - self._folded - _KEPT) // 2)
            self._notes = _notes(job.turns[: self._folded], evidence)
            shortened, messages = self._written(job)
            self._asked, tokens = most(messages), await llm.count_tokens(messages)
        if tokens > limit:
            raise ContextOverflow(prompt_tokens=tokens, context_tokens=limit)
        told = (
            f"the scratchpad took {had} of {limit} tokens; {self._folded - before} rounds became notes, and it takes "
            f"{tokens} now"
        )
        return shortened, messages, told

    async def _size(self, llm: LLMPort, messages: Sequence[Message], limit: int) -> int:
        self._asked = most(messages)
        if self._counted is not None and self._counted + self._asked <= limit:
            return self._counted + self._asked
        return await size(llm, messages, limit)

    def _written(self, job: ActJob) -> tuple[ActJob, list[Message]]:
        """The notes stay as they are until the next folding, so that the model reads them once."""
        if self._folded:
            job = job.model_copy(update={"turns": job.turns[self._folded :], "notes": self._notes})
        return job, conversation(job, self._rounds)


def _limit(llm: LLMPort, reply: int) -> int:
    known = llm.capabilities()
    room = [size for size in (known.window_tokens, known.context_tokens and known.context_tokens - reply) if size]
    return min([SCRATCHPAD, *room])


def _notes(turns: Sequence[Turn], evidence: Sequence[Evidence]) -> list[str]:
    done = [
        f"- {seen.call.tool}({_arguments(seen.call.arguments)}): {_gist(seen.text)}"
        for turn in turns[-_NOTES:]
        for seen in turn.seen
    ]
    quotes = [f'[{piece.id}] {piece.passage.title}: "{piece.quote[:_QUOTE]}"' for piece in evidence[:_NOTES]]
    more = [f"… and {len(evidence) - _NOTES} more"] if len(evidence) > _NOTES else []
    return [*done[-_NOTES:], "What was found:", *quotes, *more]


def _arguments(arguments: Mapping[str, JsonValue]) -> str:
    return ", ".join(str(value) for value in arguments.values())


def _gist(text: str) -> str:
    first = text.partition("\n")[0]
    return first if len(first) <= _QUOTE else f"{first[:_QUOTE]}…"
