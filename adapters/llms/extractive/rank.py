"""Ordering sentences by how well they answer a question."""

import math
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from rookery.adapters.llms.extractive.candidates import Candidate, Comparison, Features, candidates, says_something
from rookery.adapters.llms.extractive.questions import Question
from rookery.adapters.llms.extractive.weights import BY_MEANING, BY_WORDS, Model
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.sources import Passage

_EMBEDDED = 30  # sentences that are embedded, the best by words


class Ranked(NamedTuple):
    """A sentence, and the probability that it answers the question."""

    candidate: Candidate
    score: float


async def rank(
    question: Question, passages: Sequence[Passage], analyzer: AnalyzerPort, embedder: EmbedderPort | None
) -> list[Ranked]:
    """Return the sentences of the passages, best first, with falling scores."""
    found = candidates(passages, analyzer)
    comparison = Comparison(question, found, analyzer)
    ordered = _ordered([(one, comparison.features(one)) for one in found if says_something(one)], BY_WORDS)
    if embedder is None or not ordered:
        return _scored(ordered, BY_WORDS, comparison.known())
    closest = ordered[:_EMBEDDED]
    similarities = await _similarities(question, [one for one, _ in closest], embedder)
    compared = [
        (one, features._replace(similarity=similarity))
        for (one, features), similarity in zip(closest, similarities, strict=True)
    ]
    return _scored(_ordered(compared, BY_MEANING), BY_MEANING, comparison.known())


async def _similarities(question: Question, found: Sequence[Candidate], embedder: EmbedderPort) -> list[float]:
    texts = [f"{one.before} {one.text}".strip() for one in found]
    asked, *embeddings = await embedder.embed([question.text, *texts])
    return [sum(map(mul, asked, embedding)) for embedding in embeddings]


_Compared = tuple[Candidate, Features]


def _ordered(compared: Sequence[_Compared], model: Model) -> list[_Compared]:
    return sorted(compared, key=lambda pair: -_dot(model.order, pair[1]))


def _scored(ordered: Sequence[_Compared], model: Model, known: float) -> list[Ranked]:
    """Give the best sentence the probability that it answers, and each other one its share of it.

    `known` is the share of the question's terms that the passages have at all. What is asked in words that they do not
    know is seldom answered by them; as a feature beside the others this did not show, as a factor it does.
    """
    if not ordered:
        return []
    best = ordered[0][1]
    answered = known / (1 + math.exp(-_dot(model.answered, best) - model.bias))
    top = _dot(model.order, best)
    return [Ranked(one, answered * math.exp(_dot(model.order, features) - top)) for one, features in ordered]


def _dot(weights: Features, features: Features) -> float:
    return sum(weight * value for weight, value in zip(weights, features, strict=True))
