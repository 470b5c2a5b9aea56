"""What a grammar costs per token, with and without asking about the sampled token first."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from rookery.adapters.llms.llama_cpp.wire import Load
from rookery.adapters.llms.llama_cpp.worker.grammars import Grammar, Grammars
from rookery.adapters.llms.llama_cpp.worker.library import Library
from rookery.adapters.llms.llama_cpp.worker.model import Model

SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {
        "thought": {"type": "string"},
        "claims": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "sources": {"type": "array", "items": {"enum": ["s1", "s2"]}},
                },
                "required": ["text", "sources"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["thought", "claims"],
    "additionalProperties": False,
}
CLAIM = '{"text": "the rooks breed in colonies where the nest is", "sources": ["s1", "s2"]}'
TEXT = '{"thought": "search the source and answer the question", "claims": [' + ", ".join([CLAIM] * 8) + "]}"
Step = Callable[[Grammar, int], object]


class Cost(NamedTuple):
    """CPU microseconds a token: to ask about it alone, to mask the vocabulary; CPU seconds to compile."""

    fast: float
    masked: float
    tokenizer: float
    compiled: float
    forced: float
    """The share of tokens that the grammar forces, so that they are not sampled at all."""


def grammar_cost(path: Path) -> Cost:
    """Measure with the vocabulary of a model."""
    model = Model(Library(), Load(path=str(path), n_ctx=64, slots=1, n_batch=32))
    grammars, tokens = Grammars(model), model.vocabulary.tokens(TEXT, marks=False)
    started = time.process_time()
    grammars.compiled({"type": "null"}, None)
    tokenizer = time.process_time() - started
    started = time.process_time()
    _compiled(grammars)
    compiled = time.process_time() - started
    fast = min(_walk(_compiled(grammars), tokens, Grammar.allows) for _ in range(5))
    masked = min(_walk(_compiled(grammars), tokens, lambda grammar, _: grammar.mask()) for _ in range(3))
    return Cost(fast, masked, tokenizer, compiled, _forced(_compiled(grammars), tokens))


def _compiled(grammars: Grammars) -> Grammar:
    grammar = grammars.compiled(SCHEMA, None)
    if grammar is None:
        raise SystemExit("the schema binds nothing")
    return grammar


def _walk(grammar: Grammar, tokens: list[int], step: Step) -> float:
    started = time.process_time()
    for token in tokens:
        step(grammar, token)
        grammar.accept(token)
    return (time.process_time() - started) / len(tokens) * 1e6


def _forced(grammar: Grammar, tokens: list[int]) -> float:
    place = forced = 0
    while place < len(tokens):
        grammar.accept(tokens[place])
        place += 1
        for token in grammar.forced():
            if place >= len(tokens) or token != tokens[place]:
                break
            grammar.accept(token)
            place, forced = place + 1, forced + 1
    return forced / len(tokens)
