"""The memories of one namespace in the order of time, and their inverted index, as arrays.

Memories that are near in time lie side by side; where more than an hour lies between two, their windows do not touch.
BM25 (Robertson & Zaragoza 2009) with k1 1.0 and b 0.5, which served short turns of conversation best.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

K1 = 1.0
B = 0.5
REACH = 2  # memories before and after that belong to a window
GAP_SECONDS = 3600.0
_FEWEST = 100  # memories that are assumed at least, since in a handful every word looks common
_DELTA = 1024  # memories that may be appended before the index is laid out anew
_RARE = 100  # memories to one with a word, at which to sort what is around it is quicker than to go through all

_Floats = NDArray[np.float32]
_Ints = NDArray[np.int32]


class Row(NamedTuple):
    """A memory as the arrays hold it. `postings` is int32 pairs of term and frequency."""

    doc: int
    cursor: int
    """Orders memories of one moment, in the same way however the index came about."""
    time: float
    length: int
    speaker: int
    flags: int
    importance: float
    postings: bytes


class Scores(NamedTuple):
    """BM25 by place, of a memory's own words and of its window, as shares of the most that the query can give.

    The arrays are the time line's: they hold until it is asked again, or changes.
    """

    own: _Floats
    window: _Floats
    reached: NDArray[np.bool_]
    """Whether the window of a place has a word of the query, its own words included."""
    occurring: list[_Ints]
    """The places at which each term occurs, in order."""


class Columns(NamedTuple):
    """Arrays by place; a place between two sessions holds no memory and has `doc` -1."""

    doc: NDArray[np.int64]
    time: NDArray[np.float64]
    length: _Floats
    speaker: _Ints
    flags: NDArray[np.uint8]
    importance: _Floats

    def cut(self, end: int) -> "Columns":
        """Return the places before `end`."""
        return Columns(
            self.doc[:end],
            self.time[:end],
            self.length[:end],
            self.speaker[:end],
            self.flags[:end],
            self.importance[:end],
        )

    def joined(self, other: "Columns") -> "Columns":
        """Return the places of both, one after the other."""
        return Columns(
            np.concatenate((self.doc, other.doc)),
            np.concatenate((self.time, other.time)),
            np.concatenate((self.length, other.length)),
            np.concatenate((self.speaker, other.speaker)),
            np.concatenate((self.flags, other.flags)),
            np.concatenate((self.importance, other.importance)),
        )


class TimeLine:
    """Grows at its end at little cost; any other change lays it out anew."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._last_scores: Scores | None = None
        self._lay_out()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def columns(self) -> Columns:
        """What is known of each place."""
        return self._columns

    @property
    def held(self) -> NDArray[np.bool_]:
        """Which places hold a memory."""
        return self._held

    def place(self, doc: int) -> int | None:
        """Return where a memory lies."""
        return self._places.get(doc)

    def change(self, rows: Sequence[Row], removed: Collection[int]) -> None:
        """Put rows in, in place of those of the same `doc`, and take others out."""
        gone = [doc for doc in removed if doc in self._rows]
        appended = sorted((row for row in rows), key=_order)
        grows = not gone and not any(row.doc in self._rows for row in rows)
        for doc in gone:
            del self._rows[doc]
        last = self._last
        self._rows.update({row.doc: row for row in rows})
        if grows and appended and _order(appended[0]) > last and self._appended + len(rows) <= self._room():
            self._append(appended)
        elif rows or gone:
            self._lay_out()

    def score(self, terms: Iterable[int], *, unknown: int = 0) -> Scores:
        """Return the scores of every place for a query of these terms, and of so many that occur nowhere."""
        found = [self._postings(term) for term in terms]
        weights = [self._idf(places.size) for places, _ in found]
        most = (sum(weights) + unknown * self._idf(0)) * (K1 + 1)
        own, window, reached = self._emptied()
        for (places, counts), weight in zip(found, weights, strict=True):
            own[places] += np.float32(weight / most) * _saturation(counts, self._own[places])
            touched, near = _spread(places, counts, self._scratch)
            reached[touched] = True
            within = int(np.count_nonzero(self._held[touched]))
            window[touched] += np.float32(self._idf(within) / most) * _saturation(near, self._near[touched])
        return Scores(own, window, reached, [places for places, _ in found])

    def _emptied(self) -> tuple[_Floats, _Floats, NDArray[np.bool_]]:
        """Return arrays of zeros by place: the same as the last time, since new ones would cost as much as a score."""
        size = self._columns.doc.size
        if self._last_scores is None or self._last_scores.own.size != size:
            self._last_scores = Scores(
                np.zeros(size, np.float32), np.zeros(size, np.float32), np.zeros(size, np.bool_), []
            )
        own, window, reached, _ = self._last_scores
        touched = np.flatnonzero(reached)
        own[touched] = window[touched] = 0
        reached[touched] = False
        return own, window, reached

    def _idf(self, containing: int) -> float:
        memories = max(len(self), _FEWEST)
        return float(np.log1p((memories - containing + 0.5) / (containing + 0.5)))

    def _postings(self, term: int) -> tuple[_Ints, _Floats]:
        start, end = self._terms.searchsorted(np.array((term, term + 1), np.int32))
        if not self._appended:
            return self._term_places[start:end], self._term_counts[start:end]
        late = np.flatnonzero(self._late_terms == term)
        places = np.concatenate((self._term_places[start:end], self._late_places[late]))
        return places, np.concatenate((self._term_counts[start:end], self._late_counts[late]))

    def _room(self) -> int:
        return _DELTA + len(self._rows) // 20

    def _lay_out(self) -> None:
        rows = sorted(self._rows.values(), key=_order)
        self._columns = _columns(rows, _places(rows, 0, None))
        self._places = {row.doc: int(place) for row, place in zip(rows, _held(self._columns), strict=True)}
        terms, places, counts = _entries(rows, _held(self._columns))
        order = np.argsort(terms, kind="stable")
        self._terms, self._term_places, self._term_counts = terms[order], places[order], counts[order]
        self._late_terms = self._late_places = np.zeros(0, np.int32)
        self._late_counts = np.zeros(0, np.float32)
        self._appended = 0
        self._measure(rows[-1] if rows else None)

    def _append(self, rows: Sequence[Row]) -> None:
        end = self._columns.doc.size - REACH
        places = _places(rows, end, self._last[0])
        added = _columns(rows, places - end)
        self._columns = self._columns.cut(end).joined(added)
        self._places.update({row.doc: int(place) for row, place in zip(rows, places, strict=True)})
        terms, late, counts = _entries(rows, places)
        self._late_terms = np.concatenate((self._late_terms, terms))
        self._late_places = np.concatenate((self._late_places, late))
        self._late_counts = np.concatenate((self._late_counts, counts))
        self._appended += len(rows)
        self._measure(rows[-1])

    def _measure(self, last: Row | None) -> None:
        """Note what the length of each memory and of each window, in relation to the mean, does to its score."""
        self._last = _order(last) if last else (float("-inf"), -1)
        length = self._columns.length
        near = np.convolve(length, np.ones(2 * REACH + 1, np.float32), mode="same") if length.size else length
        held = self._columns.doc >= 0
        self._held = held
        self._own = _damping(length / _mean(length[held]))
        self._near = np.where(held, _damping(near / _mean(near[held])), np.float32(np.inf))  # an empty place scores 0
        self._scratch = np.zeros(length.size, np.float32)


def _spread(places: _Ints, counts: _Floats, scratch: _Floats) -> tuple[NDArray[np.int64], _Floats]:
    """Return the places that have a term around them, and how often; `scratch` is all 0, before and after."""
    for offset in range(-REACH, REACH + 1):
        scratch[places + offset] += counts  # a term has one entry a place
    touched = _around(places) if places.size < scratch.size // _RARE else np.flatnonzero(scratch)
    near = scratch[touched]
    scratch[touched] = 0
    return touched, near


def _around(places: _Ints) -> NDArray[np.int64]:
    return np.unique(places + np.arange(-REACH, REACH + 1)[:, None])


def _order(row: Row) -> tuple[float, int]:
    return row.time, row.cursor


def _places(rows: Sequence[Row], end: int, before: float | None) -> NDArray[np.int64]:
    """Number the rows from `end` on, with empty places at the start of each session and of the whole."""
    times = np.fromiter((row.time for row in rows), np.float64, len(rows))
    if not rows:
        return np.zeros(0, np.int64)
    first = times[0] - GAP_SECONDS - 1 if before is None else before
    gaps = np.diff(times, prepend=first) > GAP_SECONDS
    return end + np.arange(len(rows)) + REACH * np.cumsum(gaps)


def _columns(rows: Sequence[Row], places: NDArray[np.int64]) -> Columns:
    """Lay rows out by place; after the last one there is room for its window."""
    size = int(places[-1]) + 1 + REACH if rows else 2 * REACH + 1
    columns = Columns(
        np.full(size, -1, np.int64),
        np.zeros(size, np.float64),
        np.zeros(size, np.float32),
        np.full(size, -1, np.int32),
        np.zeros(size, np.uint8),
        np.zeros(size, np.float32),
    )
    columns.doc[places] = [row.doc for row in rows]
    columns.time[places] = [row.time for row in rows]
    columns.length[places] = [row.length for row in rows]
    columns.speaker[places] = [row.speaker for row in rows]
    columns.flags[places] = [row.flags for row in rows]
    columns.importance[places] = [row.importance for row in rows]
    return columns


def _held(columns: Columns) -> NDArray[np.int64]:
    return np.flatnonzero(columns.doc >= 0)


def _entries(rows: Sequence[Row], places: NDArray[np.int64]) -> tuple[_Ints, _Ints, _Floats]:
    pairs = np.frombuffer(b"".join(row.postings for row in rows), np.int32).reshape(-1, 2)
    sizes = [len(row.postings) // 8 for row in rows]
    return pairs[:, 0], np.repeat(places, sizes).astype(np.int32), pairs[:, 1].astype(np.float32)


def _damping(relative_length: _Floats) -> _Floats:
    damping: _Floats = np.asarray(K1 * (1 - B + B * relative_length), np.float32)
    return damping


def _saturation(counts: _Floats, damping: _Floats) -> _Floats:
    saturated: _Floats = np.asarray(counts * (K1 + 1) / (counts + damping), np.float32)
    return saturated


def _mean(values: _Floats) -> float:
    return float(values.mean()) or 1.0 if values.size else 1.0
