"""What binds a generation, by llguidance. llama.cpp's own grammars can end the process, and are not used."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from rookery.adapters.llms.llama_cpp.worker.library import Unusable
from rookery.adapters.llms.llama_cpp.worker.model import Model
from rookery.adapters.llms.llama_cpp.worker.schemas import plain

_COMPACT = {"whitespace_flexible": False, "item_separator": ", ?", "key_separator": ": ?"}
"""A blank at most between the parts of a document: a model must not be able to write blanks for ever."""


class Grammars:
    """Makes grammars for one vocabulary. One thread alone may use it."""

    def __init__(self, model: Model) -> None:
        self._vocabulary = model.vocabulary

    def compiled(self, schema: Mapping[str, JsonValue] | None, lark: str | None) -> "Grammar | None":
        """Return what binds a generation; null if nothing does.

        Raises:
            Unusable: it cannot be read, or uses what is not supported (`grammar`).
        """
        source = self._source(schema, lark)
        if source is None:
            return None
        faulty, words = self._library.LLMatcher.validate_grammar_with_warnings(source, self._tokenizer)
        if faulty:
            raise Unusable("grammar", f"it cannot be used: {words[0].strip()}")
        matcher = self._library.LLMatcher(self._tokenizer, source, log_level=0)
        if matcher.is_error():
            raise Unusable("grammar", f"it cannot be used: {matcher.get_error().strip()}")
        return Grammar(matcher, self._vocabulary.size)

    def _source(self, schema: Mapping[str, JsonValue] | None, lark: str | None) -> str | None:
        if schema is not None and lark is not None:
            raise Unusable("grammar", "a request may be bound by a schema or by a grammar, not by both")
        if schema is not None:
            source: str = self._library.LLMatcher.grammar_from_json_schema(json.dumps(plain(schema)), defaults=_COMPACT)
            return source
        return None if lark is None else str(self._library.LLMatcher.grammar_from_lark(lark))

    @cached_property
    def _library(self) -> Any:
        import llguidance

        return llguidance

    @cached_property
    def _tokenizer(self) -> Any:
        from llguidance.llamacpp import lltokenizer_from_vocab

        return lltokenizer_from_vocab(self._vocabulary.pointer, eos_token=self._ends())

    def _ends(self) -> list[int]:
        ends = sorted(self._vocabulary.ends)
        if not ends:
            raise Unusable("grammar", "the model has no token that ends a text, and so cannot be bound by a grammar")
        first = self._vocabulary.eos
        return [first, *(end for end in ends if end != first)] if first in ends else ends


class Grammar:
    """The state of one generation.

    Attributes:
        checks: how many tokens it was asked about.
        masks: how often all tokens had to be looked at.
    """

    def __init__(self, matcher: Any, vocabulary: int) -> None:
        self._matcher = matcher
        self._size = vocabulary
        self.checks = 0
        self.masks = 0

    def allows(self, token: int) -> bool:
        """Whether a token may come next."""
        self.checks += 1
        return bool(self._matcher.validate_tokens([token]) == 1)

    def mask(self) -> npt.NDArray[np.bool_]:
        """Return which tokens [vocabulary] may come next.

        Raises:
            Unusable: none may, or the grammar has become too complex (`grammar`).
        """
        self.masks += 1
        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        allowed = np.unpackbits(bits, count=self._size, bitorder="little").view(np.bool_)
        if self._matcher.is_error() or not allowed.any():
            raise Unusable(
                "grammar", f"it allows no token here: {self._matcher.get_error().strip() or 'it is at its end'}"
            )
        return allowed

    def accept(self, token: int) -> None:
        """Note the token that came.

        Raises:
            Unusable: it was not allowed (`grammar`).
        """
        if not self._matcher.consume_token(token):
            raise Unusable("grammar", f"it did not allow a token: {self._matcher.get_error().strip()}")

    def forced(self) -> list[int]:
        """Return the tokens that must come next, as the model itself would write them; often none."""
        return list(self._matcher.compute_ff_tokens())

    @property
    def complete(self) -> bool:
        """Whether nothing more may come."""
        return bool(self._matcher.is_stopped())
