"""What Rookery is compared with: nearness of meaning, words, and the sum of both, and nothing else.

A baseline sees the same texts and the same embeddings as Rookery. BM25 has Rookery's constants, and the stemming one
its analyzer, so that only the recipe differs.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.ports.embedder import EmbedderPort

Scores = NDArray[np.float64]


class Constants(NamedTuple):
    """Of BM25 (Robertson & Zaragoza 2009)."""

    k1: float
    b: float


class Baseline(Protocol):
    """Scores texts."""

    async def __call__(self, question: str) -> Scores:
        """Return the score of each text, in their order."""
        ...


class Dense:
    """The cosine of a question with each text, both as they are."""

    def __init__(self, embeddings: Sequence[Sequence[float]], embedder: EmbedderPort) -> None:
        self._embeddings = np.array(embeddings, np.float32)
        self._embedder = embedder

    async def __call__(self, question: str) -> Scores:
        """Embed the question and compare it with all; not by BLAS, whose threads spin into the next recipe's time."""
        [embedding] = await self._embedder.embed([question])
        return np.einsum("ij,j->i", self._embeddings, np.array(embedding, np.float32)).astype(np.float64)


class BM25:
    """The words that a question and a text share."""

    def __init__(self, texts: Sequence[str], analyzer: AnalyzerPort, constants: Constants) -> None:
        self._analyzer = analyzer
        self._texts = len(texts)
        counts = [Counter(analyzer.terms(text)) for text in texts]
        mean = sum(count.total() for count in counts) / max(1, len(counts))
        found: dict[str, list[tuple[int, float]]] = {}
        for place, count in enumerate(counts):
            norm = constants.k1 * (1 - constants.b + constants.b * count.total() / mean)
            for term, times in count.items():
                found.setdefault(term, []).append((place, times * (constants.k1 + 1) / (times + norm)))
        self._postings = {term: self._weighted(places) for term, places in found.items()}

    async def __call__(self, question: str) -> Scores:
        """Add up what each word of the question gives."""
        scores = np.zeros(self._texts)
        for term in set(self._analyzer.terms(question)) & self._postings.keys():
            places, weights = self._postings[term]
            scores[places] += weights
        return scores

    def _weighted(self, places: list[tuple[int, float]]) -> tuple[NDArray[np.int64], Scores]:
        idf = np.log1p((self._texts - len(places) + 0.5) / (len(places) + 0.5))
        return np.array([place for place, _ in places]), idf * np.array([weight for _, weight in places])


class Summed:
    """The sum of two scores, each standardised over all texts."""

    def __init__(self, first: Baseline, second: Baseline) -> None:
        self._first = first
        self._second = second

    async def __call__(self, question: str) -> Scores:
        """Ask both."""
        return _standard(await self._first(question)) + _standard(await self._second(question))


def best(scores: Scores, limit: int) -> list[int]:
    """Return the places of the highest scores, best first, earlier ones first among equals."""
    places: list[int] = np.argsort(-scores, kind="stable")[:limit].tolist()
    return places


def _standard(scores: Scores) -> Scores:
    return (scores - scores.mean()) / (scores.std() or 1.0)
