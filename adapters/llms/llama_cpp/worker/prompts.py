"""The tokens of a conversation."""

import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from rookery.adapters.llms.llama_cpp.wire import Turn
from rookery.adapters.llms.llama_cpp.worker.model import Model
from rookery.adapters.llms.llama_cpp.worker.templates import Template, family

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"  # no characters, and none that a text has a reason to hold


class Prompt(NamedTuple):
    """A conversation as it is written for the model, and its tokens."""

    text: str
    tokens: list[int]


class Prompts:
    """Writes and counts prompts, from any thread.

    What a message says never becomes a control token: `<|im_end|>` in a web page is seven characters like any others.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._vocabulary = model.vocabulary
        self._lock = threading.Lock()

    def prompt(self, turns: Sequence[Turn]) -> Prompt:
        """Return a conversation, ready for the model's next turn.

        Raises:
            Unusable: the template refuses it, or there is none.
        """
        with self._lock:
            text, literal = self._written(turns)
            tokens = [token for part in self._parts(text, literal) for token in part]
        known = self._vocabulary
        if known.adds_bos and known.bos >= 0 and tokens[:1] != [known.bos]:
            tokens.insert(0, known.bos)
        return Prompt(text, tokens)

    def continuation(self, text: str) -> list[int] | None:
        """Return the tokens of what follows a reply; null if it does not begin with a mark that parts it from it."""
        if _OPEN in text:
            return None
        tokens = self._vocabulary.tokens(text, marks=True)
        return tokens if tokens and self._vocabulary.is_control(tokens[0]) else None

    def reply(self, turns: Sequence[Turn], text: str) -> list[int]:
        """Return the tokens of a reply to a conversation, with the one that ends it in the model's template.

        Raises:
            Unusable: as `prompt`.
        """
        with self._lock:
            before, _ = self._written(turns)
            after, _ = self._written([*turns, Turn(role="assistant", content=text)])
        rest = self._vocabulary.tokens(after.removeprefix(before), marks=True)
        end = next((token for token in rest if self._vocabulary.is_end(token)), self._vocabulary.eos)
        return [*self._vocabulary.tokens(text, marks=False), end]

    @cached_property
    def _template(self) -> Template:
        known = self._vocabulary
        source = self._model.template() or family(known.marks.keys())
        bos, eos = (
            known.spelling(token, marks=True).decode() if token >= 0 else "" for token in (known.bos, known.eos)
        )
        return Template(source, bos=bos, eos=eos)

    @cached_property
    def _lengths(self) -> dict[str, list[int]]:
        """The lengths of control tokens by their first letters, the longest first."""
        lengths: dict[str, set[int]] = {}
        for mark in (*self._vocabulary.marks, _OPEN, _CLOSE):
            lengths.setdefault(mark[0], set()).add(len(mark))
        return {letter: sorted(found, reverse=True) for letter, found in lengths.items()}

    def _written(self, turns: Sequence[Turn]) -> tuple[str, list[str]]:
        """Marks that stand in messages are replaced by their numbers in a list, in a form that no model knows."""
        literal: list[str] = []
        hidden = [turn.model_copy(update={"content": self._hide(turn.content, literal)}) for turn in turns]
        return self._template.write(hidden), literal

    def _hide(self, content: str, literal: list[str]) -> str:
        if not any(letter in content for letter in self._lengths):
            return content
        pieces, start = [], 0
        for begin, end in self._marks_in(content):
            pieces += [content[start:begin], f"{_OPEN}{len(literal)}{_CLOSE}"]
            literal.append(content[begin:end])
            start = end
        return "".join([*pieces, content[start:]])

    def _marks_in(self, content: str) -> Iterator[tuple[int, int]]:
        marks, end = self._vocabulary.marks, 0
        for begin, letter in enumerate(content):
            if begin < end or letter not in self._lengths:
                continue
            for length in self._lengths[letter]:
                if (found := content[begin : begin + length]) in marks or found in (_OPEN, _CLOSE):
                    end = begin + length
                    yield begin, end
                    break

    def _parts(self, text: str, literal: Sequence[str]) -> Iterator[list[int]]:
        if not literal:
            yield self._vocabulary.tokens(text, marks=True)
            return
        for number, part in enumerate(text.split(_OPEN)):
            shown, closed, rest = part.partition(_CLOSE) if number else ("", "", part)
            if closed:
                yield self._vocabulary.tokens(literal[int(shown)], marks=False)
            if rest:
                yield self._vocabulary.tokens(rest, marks=True)
