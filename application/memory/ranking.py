"""How well a memory answers a query: a weighted sum of what speaks for it, and a probability from that.

Each part is on a scale that does not depend on the other memories found, so that scores of two queries can be compared.
The weights were fitted on five long conversations and checked on five others (evidence recall, without a judge).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from rookery.domain.cues import Asked
from rookery.domain.memories import IMPORTANCE, Why
from rookery.domain.ports.memory_index import Candidate, Form

POOL = 50  # candidates by words, and as many by meaning
WINDOW_WEIGHT = 1.5  # of the words of a window beside a memory's own, in what is best by words

_DENSE = 2.5
_LEXICAL = 2.0
_WINDOW = 10.0
_ASKED = 2.0  # what follows a question that shares the query's words may be its answer
_SPEAKER = 1.5
_DATE = 2.0
_TELLS_TIME = 1.2
_ONLY_ASKS = -0.5
_ASKS = -0.4
_LENGTH = 0.4
_IMPORTANCE = 1.0
_LEXICAL_ALONE = 8.0  # of a memory's own words, where no window is looked at
_FEW_SPEAKERS, _TURNS = 12, 3  # up to so many, and of more only those who speak so often on average
_TURN_TERMS = 20.0  # on average, up to which memories that nobody is named for may be turns: paragraphs have more
_LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()  # the next fraction is rounded up beyond it
_SLOPE, _OFFSET = 0.85, -7.2  # fitted too, so that the score is a probability


class Manner(NamedTuple):
    """How the memories of a namespace are searched."""

    speakers: frozenset[str]
    windowed: bool
    """Whether what was said just before and after a memory speaks for it."""


def manner(form: Form) -> Manner:
    """Tell turns of a conversation from short documents.

    A name before a colon is a speaker's when few are found, or each is found several times; otherwise it is a title,
    and part of what is told. What stands by itself, as paragraphs do, has no neighbours that tell more of it.
    """
    recurring = len(form.speakers) <= _FEW_SPEAKERS or form.labelled >= _TURNS * len(form.speakers)
    dialogue = recurring and 2 * form.labelled >= form.memories
    return Manner(form.speakers if recurring else frozenset(), dialogue or form.terms <= _TURN_TERMS)


class Parts(NamedTuple):
    """The parts of a score, as `Why` tells them."""

    dense: float
    lexical: float
    neighbour: float
    speaker: float
    time: float
    importance: float
    form: float


class Ranked(NamedTuple):
    """A candidate with its probability of being an answer, in [0, 1], and what that is made of."""

    candidate: Candidate
    relevance: float
    parts: Parts
    decay: float

    @property
    def why(self) -> Why:
        """The parts in wire form; made for the few candidates that are shown."""
        told = dict(zip(Parts._fields, self.parts, strict=True))
        return Why(**told, decay=self.decay, cosine=self.candidate.cosine, terms=list(self.candidate.terms))


@dataclass(frozen=True)
class Ranking:
    """Ranks the candidates of a search.

    Args:
        query: the form of the query.
        now: for the age of memories.
        half_life: after which the score of a memory is halved; None: age does not matter. Nothing is ever removed.
        windowed: whether neighbours count.
    """

    query: Asked
    now: datetime
    half_life: timedelta | None = None
    windowed: bool = True

    def __call__(self, candidates: Iterable[Candidate]) -> list[Ranked]:
        """Return the candidates with their scores, in the order in which they came."""
        return [self._ranked(candidate) for candidate in candidates]

    def _ranked(self, candidate: Candidate) -> Ranked:
        cues = candidate.cues
        parts = Parts(
            _DENSE * (candidate.cosine or 0.0),
            (_LEXICAL if self.windowed else _LEXICAL_ALONE) * candidate.lexical,
            _WINDOW * candidate.window + _ASKED * candidate.asked if self.windowed else 0.0,
            _SPEAKER if self.query.speaker and cues.speaker == self.query.speaker else 0.0,
            self._time(candidate) if self.query.periods or self.query.for_time else 0.0,
            _IMPORTANCE * (candidate.importance - IMPORTANCE),
            _ONLY_ASKS * cues.only_asks + _ASKS * cues.asks + _LENGTH * math.log1p(candidate.length),
        )
        decay = 1.0 if self.half_life is None else self._decay(candidate, self.half_life)
        return Ranked(candidate, decay / (1 + math.exp(-(_SLOPE * sum(parts) + _OFFSET))), parts, decay)

    def _time(self, candidate: Candidate) -> float:
        told = _TELLS_TIME if self.query.for_time and candidate.cues.tells_time else 0.0
        if not self.query.periods:
            return told
        moment = datetime.fromtimestamp(min(candidate.timestamp, _LAST_MOMENT), UTC)
        return told + _DATE * max(period.nearness(moment) for period in self.query.periods)

    def _decay(self, candidate: Candidate, half_life: timedelta) -> float:
        age = max(0.0, self.now.timestamp() - candidate.timestamp)
        return float(0.5 ** (age / half_life.total_seconds()))


def in_order(ranked: Iterable[Ranked]) -> list[Ranked]:
    """Return the best first, equal ones newest first."""
    return sorted(ranked, key=lambda one: (-one.relevance, -one.candidate.timestamp, one.candidate.slot))
