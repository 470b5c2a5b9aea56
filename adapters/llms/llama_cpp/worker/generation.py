"""One generation: its prompt, what it has written, and how it goes on."""

import codecs
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from rookery.adapters.llms.llama_cpp.wire import Candidate, Finished, Generate
from rookery.adapters.llms.llama_cpp.worker.grammars import Grammar
from rookery.adapters.llms.llama_cpp.worker.library import Unusable
from rookery.adapters.llms.llama_cpp.worker.prompts import Prompt
from rookery.adapters.llms.llama_cpp.worker.sampling import NotFinite, Row, Sampler
from rookery.adapters.llms.llama_cpp.worker.vocabulary import Vocabulary

Reason = Literal["stop", "length"]


@dataclass
class Progress:
    """What was counted of a generation. `cached` is null until its prompt has found its place in the context."""

    cached: int | None = None
    written: int = 0
    candidates: list[Candidate] = field(default_factory=list)


class Generation:
    """A request on its way.

    Args:
        request: what is asked.
        prompt: its conversation in tokens.
        grammar: what binds it.
        vocabulary: of the model.
        window: tokens of a sequence, at most.

    Attributes:
        tokens: the prompt's and those that were written.
        text: what the tokens say, or null once that cannot be told exactly.
    """

    def __init__(
        self, request: Generate, prompt: Prompt, grammar: Grammar | None, *, vocabulary: Vocabulary, window: int
    ) -> None:
        self.request, self.grammar = request, grammar
        self.prompt_tokens = len(prompt.tokens)
        self.tokens = list(prompt.tokens)
        self.text: str | None = prompt.text
        self.progress = Progress()
        self._vocabulary, self._window = vocabulary, window
        self._sampler = Sampler(request.temperature, request.seed)
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._unsaid: list[str] = []

    def reprompt(self, tokens: list[int]) -> None:
        """Take other tokens for the same prompt, before anything is written."""
        self.tokens = list(tokens)
        self.prompt_tokens = len(tokens)

    def advance(self, row: Row) -> Reason | None:
        """Choose the next token by its logits, and those that the grammar forces after it; return why it is at its end.

        Raises:
            Unusable: the logits are no numbers, or the grammar allows none.
        """
        if self.request.candidates and not self.progress.written:
            self.progress.candidates = _likeliest(row, self.request.candidates)
        token = self._choose(row)
        if self._vocabulary.is_end(token):
            return "stop"
        return self._write(token) or self._write_forced()

    def take_text(self) -> str:
        """Return the text that came since the last time; characters that are not complete yet are held back."""
        text, self._unsaid = "".join(self._unsaid), []
        return text

    def finished(self, reason: Reason) -> Finished:
        """Return the last answer; incomplete characters were said before."""
        checks, masks = (self.grammar.checks, self.grammar.masks) if self.grammar else (0, 0)
        return Finished(
            id=self.request.id,
            reason=reason,
            prompt_tokens=self.prompt_tokens,
            cached_prompt_tokens=self.progress.cached or 0,
            completion_tokens=self.progress.written,
            grammar_checks=checks,
            grammar_masks=masks,
            candidates=self.progress.candidates,
        )

    def close(self) -> None:
        """Say what is left of incomplete characters, as the sign for what is none."""
        self._say(self._utf8.decode(b"", final=True))

    def _choose(self, row: Row) -> int:
        try:
            token = self._sampler.choose(row)
            if self.grammar is None or self.grammar.allows(token):
                return token
            return self._sampler.choose(np.where(self.grammar.mask(), row, np.float32(-np.inf)))
        except NotFinite as error:
            raise Unusable(
                "numbers",
                "the model computed what is not a number; its file is damaged, or the device computes wrongly",
            ) from error

    def _write(self, token: int) -> Reason | None:
        self.tokens.append(token)
        self.progress.written += 1
        self._say(self._utf8.decode(self._vocabulary.piece(token)))
        if self.grammar is not None:
            self.grammar.accept(token)
            if self.grammar.complete:
                return "stop"
        if self.progress.written >= self.request.max_tokens or len(self.tokens) >= self._window:
            return "length"
        return None

    def _write_forced(self) -> Reason | None:
        for token in self.grammar.forced() if self.grammar else []:
            if self._vocabulary.is_end(token):
                return "stop"
            if reason := self._write(token):
                return reason
        return None

    def _say(self, text: str) -> None:
        if not text:
            return
        self._unsaid.append(text)
        self.text = None if self.text is None or "\ufffd" in text else self.text + text


def _likeliest(row: Row, count: int) -> list[Candidate]:
    """Return the first tokens by their probability, and of equal ones the first."""
    highest = float(row.max())
    total = highest + float(np.log(np.exp(row.astype(np.float64) - highest).sum()))
    order = np.argsort(-row, kind="stable")[:count]
    return [Candidate(token=int(token), logprob=float(row[token]) - total) for token in order]
