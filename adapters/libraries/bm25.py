"""Okapi BM25 with the constants that served best for paragraphs (k1 0.9, b 0.4; see Robertson & Zaragoza 2009)."""

import math

from rookery.domain.sources import Passage

K1 = 0.9
B = 0.4


def indexed(passage: Passage) -> str:
    """Return what is indexed of a passage: title and headings go before the text and are found like it."""
    return f"{passage.title}\n{passage.heading}\n{passage.text}"


def idf(passages: int, containing: int) -> float:
    """Return the weight of a term that `containing` of all `passages` have; never negative."""
    return math.log(1 + (passages - containing + 0.5) / (containing + 0.5))


def saturation(frequency: int, length: int, mean_length: float) -> float:
    """Return how much a term counts that occurs `frequency` times in a passage of `length` terms."""
    return frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * length / mean_length))
