"""Keeping an agent's conversation within its room: old rounds are folded into notes, with the quotes that they found.

The notes are made by rule, so that nothing is made up and each note names its evidence. Between two foldings the
conversation only grows at its end.
"""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from rookery.application.conversations import conversation
from rookery.application.fitting import size
from rookery.domain.actions import Turn
from rookery.domain.errors import ContextOverflow
from rookery.domain.ports.llm import LLMPort
from rookery.domain.reasoning import ActJob, Evidence

SCRATCHPAD = 6000
"""Tokens of a conversation, at most, where the model has room for more: a short one is read soon and well."""

_KEPT = 2  # rounds that are never folded
_NOTES = 24  # lines, of rounds that were folded
_QUOTE = 200  # characters of a quote in a note


class Memo:
    """What an agent keeps in mind."""

    def __init__(self) -> None:
        self._folded = 0
        self._notes: list[str] = []

    async def fit(
        self, llm: LLMPort, job: ActJob, evidence: Sequence[Evidence], *, reply: int
    ) -> tuple[ActJob, str | None]:
        """Return the job with as many rounds as there is room for, and what was folded just now.

        Args:
            llm: counts the tokens.
            job: with all rounds.
            evidence: what was found in them.
            reply: tokens that the answer needs.

        Raises:
            ContextOverflow: the task does not fit even without the rounds before the last ones.
        """
        limit = _limit(llm, reply)
        shortened = self._shortened(job)
        tokens = await size(llm, conversation(shortened), limit)
        if tokens <= limit:
            return shortened, None
        before, had = self._folded, tokens
        while tokens > limit and len(job.turns) - self._folded > _KEPT:
            self._folded += max(1, (len(job.turns) - self._folded - _KEPT) // 2)
            self._notes = _noted(job.turns[: self._folded], evidence)
            shortened = self._shortened(job)
            tokens = await llm.count_tokens(conversation(shortened))
        if tokens > limit:
            raise ContextOverflow(prompt_tokens=tokens, context_tokens=limit)
        return shortened, (
            f"the scratchpad took {had} of {limit} tokens; {self._folded - before} rounds became notes, and it takes "
            f"{tokens} now"
        )

    def _shortened(self, job: ActJob) -> ActJob:
        """What is found after a folding stands in the rounds after it: the notes stay as they are until the next."""
        if not self._folded:
            return job
        notes = [note for turn in job.turns[: self._folded] for note in _notes(turn)][-_NOTES:]
        quotes = [f'[{piece.id}] {piece.passage.title}: "{piece.quote[:_QUOTE]}"' for piece in evidence][:_NOTES]
        kept = [*notes, "What was found:", *quotes]
        return job.model_copy(update={"turns": job.turns[self._folded :], "notes": kept})


def _limit(llm: LLMPort, reply: int) -> int:
    known = llm.capabilities()
    room = [size for size in (known.window_tokens, known.context_tokens and known.context_tokens - reply) if size]
    return min([SCRATCHPAD, *room])


def _noted(turns: Sequence[Turn], evidence: Sequence[Evidence]) -> list[str]:
    notes = [note for turn in turns for note in _notes(turn)][-_NOTES:]
    quotes = [f'[{piece.id}] {piece.passage.title}: "{piece.quote[:_QUOTE]}"' for piece in evidence]
    more = [f"… and {len(quotes) - _NOTES} more"] if len(quotes) > _NOTES else []
    return ["What you did before, in short:", *notes, "What was found:", *quotes[:_NOTES], *more]


def _notes(turn: Turn) -> list[str]:
    return [f"- {seen.call.tool}({_arguments(seen.call.arguments)}): {_gist(seen.text)}" for seen in turn.seen]


def _arguments(arguments: Mapping[str, JsonValue]) -> str:
    return ", ".join(str(value) for value in arguments.values())


def _gist(text: str) -> str:
    first = next((line for line in text.splitlines() if not line.startswith("<document")), "")
    return first if len(first) <= _QUOTE else f"{first[:_QUOTE]}…"
