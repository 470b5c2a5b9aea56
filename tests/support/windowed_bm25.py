"""BM25 of a memory and of its window, worked out word for word and slowly, for comparison."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

K1, B, REACH, HOUR, FEWEST = 1.0, 0.5, 2, 3600.0, 100


class Said(NamedTuple):
    """A memory: when, the number that orders those of one moment, and its words."""

    time: float
    number: int
    words: Counter[str]


class Score(NamedTuple):
    """Of its own words and of its window, as shares of the most that the query can give."""

    own: float
    window: float


def scores(memories: Collection[Said], query: Collection[str]) -> dict[int, Score]:
    """Return the scores by number."""
    ordered = sorted(memories, key=lambda said: said[:2])
    own = {said.number: said.words for said in ordered}
    near = {said.number: _window(ordered, place) for place, said in enumerate(ordered)}
    most = sum(weight * (K1 + 1) for weight in _weights(own, query).values())
    if not most:
        return dict.fromkeys(own, Score(0.0, 0.0))
    by_words, by_window = _bm25(own, query), _bm25(near, query)
    return {number: Score(by_words[number] / most, by_window[number] / most) for number in own}


def _window(ordered: Sequence[Said], place: int) -> Counter[str]:
    first, last = place, place
    while first > 0 and place - first < REACH and ordered[first].time - ordered[first - 1].time <= HOUR:
        first -= 1
    while last + 1 < len(ordered) and last - place < REACH and ordered[last + 1].time - ordered[last].time <= HOUR:
        last += 1
    return sum((said.words for said in ordered[first : last + 1]), Counter[str]())


def _bm25(texts: Mapping[int, Counter[str]], query: Collection[str]) -> dict[int, float]:
    weights = _weights(texts, query)
    mean = sum(words.total() for words in texts.values()) / max(1, len(texts)) or 1.0
    return {
        number: sum(
            weight * words[word] * (K1 + 1) / (words[word] + K1 * (1 - B + B * words.total() / mean))
            for word, weight in weights.items()
            if words[word]
        )
        for number, words in texts.items()
    }


def _weights(texts: Mapping[int, Counter[str]], query: Collection[str]) -> dict[str, float]:
    count = max(len(texts), FEWEST)
    containing = {word: sum(word in words for words in texts.values()) for word in set(query)}
    return {word: math.log(1 + (count - number + 0.5) / (number + 0.5)) for word, number in containing.items()}
