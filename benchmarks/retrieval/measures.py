"""Evidence recall and its cost."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from sets import Question

DEPTH = 10  # hits that are asked for


class Answered(NamedTuple):
    """The ids that a recipe found for a question, best first, and what that cost in seconds."""

    question: Question
    found: Sequence[str]
    wall: float
    cpu: float

    def recall(self, depth: int) -> float:
        """Return the share of the pieces of evidence among the first hits."""
        hits = set(self.found[:depth])
        return sum(not hits.isdisjoint(piece) for piece in self.question.evidence) / len(self.question.evidence)

    def reciprocal_rank(self) -> float:
        """Return 1 / the place of the first evidence; 0 when it is not among the hits."""
        wanted = frozenset[str]().union(*self.question.evidence)
        return next((1 / place for place, id_ in enumerate(self.found, 1) if id_ in wanted), 0.0)


class Summary(NamedTuple):
    """Means over questions; times in milliseconds."""

    recall_at_5: float
    recall_at_10: float
    mrr: float
    all_at_5: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float


def summary(answered: Sequence[Answered]) -> Summary:
    """Return what came of a recipe."""
    walls = sorted(one.wall * 1000 for one in answered)
    return Summary(
        recall_at_5=statistics.fmean(one.recall(5) for one in answered),
        recall_at_10=statistics.fmean(one.recall(10) for one in answered),
        mrr=statistics.fmean(one.reciprocal_rank() for one in answered),
        all_at_5=statistics.fmean(one.recall(5) == 1 for one in answered),
        p50_ms=statistics.median(walls),
        p95_ms=walls[int(0.95 * (len(walls) - 1))],
        cpu_ms=statistics.fmean(one.cpu * 1000 for one in answered),
    )
