"""One namespace as searches see it: its time line, who speaks, and its embeddings."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rookery.adapters.memory_indexes.codes import Codes
from rookery.adapters.memory_indexes.timeline import Columns, Row, Scores, TimeLine
from rookery.domain.cues import Cues
from rookery.domain.errors import DimensionMismatch
from rookery.domain.memories import Slot
from rookery.domain.ports.memory_index import Candidate, Form

ASKS, ONLY_ASKS, TELLS_TIME = 1, 2, 4

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]
Places = NDArray[np.int32]
Similarities = NDArray[np.float32]


class Stored(NamedTuple):
    """A memory as it is stored."""

    doc: int
    key: str
    cursor: int
    time: float
    speaker: str
    flags: int
    importance: float
    postings: bytes


class View:
    """A namespace in memory.

    `seen` says how far it has read its storage, and `storage` in what state that was; its embeddings have a `seen` too.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.storage: object = None
        self.timeline = TimeLine()
        self.embeddings = Embeddings()
        self.codes = Codes()
        self._keys: dict[int, str] = {}
        self._docs: dict[str, int] = {}
        self._names: list[str] = [""]
        self._known_cues: dict[tuple[int, int], Cues] = {}
        self._numbers: dict[str, int] = {"": 0}
        self._form: tuple[Columns, Form] | None = None

    def change(self, stored: Sequence[Stored], removed: Collection[int]) -> None:
        """Put memories in, in place of those of the same number, and take others out."""
        lengths = _lengths([one.postings for one in stored])
        rows = [_row(one, length, self._number(one.speaker)) for one, length in zip(stored, lengths, strict=True)]
        self.timeline.change(rows, removed)
        for doc in removed:
            self._docs.pop(self._keys.pop(doc, ""), None)
        self._keys.update({one.doc: one.key for one in stored})
        self._docs.update({one.key: one.doc for one in stored})

    def docs(self, nearest: Mapping[str, float | None]) -> dict[int, float]:
        """Return the numbers of the memories that are here, by their keys, with cosines; NaN where none is known."""
        return {
            self._docs[key]: math.nan if cosine is None else cosine
            for key, cosine in nearest.items()
            if key in self._docs
        }

    def form(self) -> Form:
        """Return what the memories are like."""
        columns = self.timeline.columns
        if self._form is None or self._form[0] is not columns:
            said = np.bincount(np.maximum(columns.speaker, 0), minlength=1)
            said[0] = 0
            length = columns.length[self.timeline.held]
            form = Form(
                memories=length.size,
                labelled=int(said.sum()),
                speakers=frozenset(self._names[number] for number in np.flatnonzero(said)),
                terms=float(length.mean()) if length.size else 0.0,
            )
            self._form = columns, form
        return self._form[1]

    def mask(self, *, since: float | None, until: float | None, docs: Collection[int] | None) -> Mask:
        """Return which places hold a memory that passes."""
        columns = self.timeline.columns
        mask = self.timeline.held.copy()
        if since is not None:
            mask &= columns.time >= since
        if until is not None:
            mask &= columns.time < until
        if docs is not None:
            mask &= np.isin(columns.doc, np.fromiter(docs, np.int64, len(docs)))
        return mask

    def search(
        self,
        namespace: str,
        terms: Mapping[str, int | None],
        mask: Mask,
        *,
        pool: int,
        window_weight: float,
        cosines: Callable[[Numbers], Similarities] | None,
        nearest: Mapping[int, float] | None,
    ) -> list[Candidate]:
        """Return the `pool` best by words and the `pool` best by meaning.

        Args:
            namespace: whose view this is.
            terms: with their numbers; None for one that occurs nowhere.
            mask: the places that count.
            pool: how many of each kind.
            window_weight: of the window's score beside that of a memory's own words.
            cosines: gives the similarity of memories to the query, NaN where it is not known; None leaves meaning out.
            nearest: the memories that another index found, with cosines, NaN where it is not known; None compares all.
        """
        known = {term: number for term, number in terms.items() if number is not None}
        scores = self.timeline.score(known.values(), unknown=len(terms) - len(known))
        places = self._best(scores, mask, pool=pool, window_weight=window_weight)
        if cosines is None:
            return self._candidates(
                namespace, places, known, scores=scores, similar=np.full(places.size, np.nan, np.float32)
            )
        near = self._passing(nearest, mask)
        everything = np.union1d(places, near)
        similar = _completed(self.timeline.columns.doc[everything], nearest or {}, cosines)
        places = np.union1d(places, self._most_similar(near, similar[np.searchsorted(everything, near)], pool))
        return self._candidates(
            namespace, places, known, scores=scores, similar=similar[np.searchsorted(everything, places)]
        )

    def _passing(self, nearest: Mapping[int, float] | None, mask: Mask) -> Numbers:
        if nearest is None:
            return np.flatnonzero(mask)
        places = [place for place in map(self.timeline.place, nearest) if place is not None and mask[place]]
        return np.array(places, np.int64)

    def _most_similar(self, places: Numbers, similar: Similarities, pool: int) -> Numbers:
        """Return the best of some places, earlier numbers first among equals; those without a similarity are none."""
        known = ~np.isnan(similar)
        places, similar = _at_least(places[known], similar[known], pool)
        return places[np.lexsort((self.timeline.columns.doc[places], -similar))][:pool]

    def _best(self, scores: Scores, mask: Mask, *, pool: int, window_weight: float) -> Numbers:
        """Return the places with the highest lexical scores, best first, earlier ones first among equals."""
        places = np.flatnonzero(scores.reached & mask)
        total = np.asarray(scores.own[places] + window_weight * scores.window[places], np.float32)
        places, best = _at_least(places, total, pool)
        return places[np.argsort(-best, kind="stable")][:pool]

    def _candidates(
        self, namespace: str, places: Numbers, terms: Mapping[str, int], *, scores: Scores, similar: Similarities
    ) -> list[Candidate]:
        columns = self.timeline.columns
        asked = np.where(columns.flags[places - 1] & ASKS, scores.own[places - 1], 0)
        found = zip(
            (Slot(namespace, self._keys[doc]) for doc in columns.doc[places].tolist()),
            scores.own[places].tolist(),
            scores.window[places].tolist(),
            asked.tolist(),
            (None if math.isnan(one) else one for one in similar.tolist()),
            columns.time[places].tolist(),
            columns.length[places].astype(np.int64).tolist(),
            columns.importance[places].tolist(),
            map(self._cues, columns.speaker[places].tolist(), columns.flags[places].tolist()),
            _occurring(places, terms, scores.occurring),
            strict=True,
        )
        return list(map(Candidate._make, found))

    def _cues(self, speaker: int, flags: int) -> Cues:
        if (speaker, flags) not in self._known_cues:
            told = bool(flags & ASKS), bool(flags & ONLY_ASKS), bool(flags & TELLS_TIME)
            self._known_cues[speaker, flags] = Cues(self._names[speaker], *told)
        return self._known_cues[speaker, flags]

    def _number(self, speaker: str) -> int:
        if speaker not in self._numbers:
            self._numbers[speaker] = len(self._names)
            self._names.append(speaker)
        return self._numbers[speaker]


class Embeddings:
    """Embeddings by memory, as one growing matrix."""

    def __init__(self) -> None:
        self.seen = 0
        self._rows = np.zeros(0, np.int64)
        self._matrix = np.zeros((0, 0), np.float32)

    def add(self, vectors: Mapping[int, bytes]) -> None:
        """Put in float32 vectors; the last one of a memory counts."""
        if not vectors:
            return
        added = np.frombuffer(b"".join(vectors.values()), np.float32).reshape(len(vectors), -1)
        start = len(self._matrix)
        self._matrix = np.concatenate((self._matrix, added)) if start else added
        more = max(vectors) + 1 - self._rows.size
        if more > 0:
            self._rows = np.concatenate((self._rows, np.full(more, -1, np.int64)))
        self._rows[list(vectors)] = np.arange(start, start + len(vectors))

    def cosines(self, embedding: Sequence[float], docs: Numbers) -> Similarities:
        """Return the similarity to each of these memories, NaN for one that has no embedding."""
        similarities = np.full(docs.size, np.nan, np.float32)
        known = np.flatnonzero(docs < self._rows.size)
        rows = self._rows[docs[known]]
        known, rows = known[rows >= 0], rows[rows >= 0]
        if rows.size > len(self._matrix) // 4:  # to gather the rows would cost more than to compare all
            similarities[known] = cosines(self._matrix, embedding)[rows]
        elif rows.size:
            similarities[known] = cosines(self._matrix[rows], embedding)
        return similarities


def _completed(docs: Numbers, known: Mapping[int, float], cosines: Callable[[Numbers], Similarities]) -> Similarities:
    """Return the similarity to each of these memories; only those that are not known are asked for."""
    if not known:
        return cosines(docs)
    similar = np.fromiter((known.get(doc, math.nan) for doc in docs.tolist()), np.float32, docs.size)
    missing = np.flatnonzero(np.isnan(similar))
    similar[missing] = cosines(docs[missing])
    return similar


def cosines(vectors: NDArray[np.float32], embedding: Sequence[float]) -> Similarities:
    """Return the cosine of each row with a query; all are of unit length.

    Not by BLAS, with which the last bit of a row's cosine depends on the rows beside it.
    """
    similarities: Similarities = np.clip(np.einsum("ij,j->i", vectors, np.asarray(embedding, np.float32)), -1, 1)
    return similarities


def check_dimension(dimension: int | None, embedding: Sequence[float]) -> None:
    """Refuse an embedding that cannot be compared with those that are known, which are of this dimension.

    Raises:
        DimensionMismatch: it is longer or shorter.
    """
    if dimension not in (None, len(embedding)):
        raise DimensionMismatch(
            f"the embeddings of memories have {dimension} dimensions and that of the query has {len(embedding)}; "
            "run `rookery memory rebuild`"
        )


def flags_of(cues: Cues) -> int:
    """Return the yes-or-no cues as bits."""
    return ASKS * cues.asks + ONLY_ASKS * cues.only_asks + TELLS_TIME * cues.tells_time


def _occurring(places: Numbers, terms: Mapping[str, int], occurring: Sequence[Places]) -> list[tuple[str, ...]]:
    """Return the terms that occur at each place."""
    at: dict[int, list[str]] = {}
    for term, known in zip(terms, occurring, strict=True):
        found = np.minimum(known.searchsorted(places), known.size - 1)
        for place in places[known[found] == places].tolist() if known.size else ():
            at.setdefault(place, []).append(term)
    return [tuple(at.get(place, ())) for place in places.tolist()]


def _row(stored: Stored, length: int, speaker: int) -> Row:
    doc, _, cursor, time, _, flags, importance, postings = stored
    return Row(doc, cursor, time, length, speaker, flags, importance, postings)


def _at_least(places: Numbers, values: Similarities, pool: int) -> tuple[Numbers, Similarities]:
    """Return the places of the `pool` highest values, and of those that equal the last of them, in their order."""
    if places.size <= pool:
        return places, values
    chosen = values >= np.partition(values, -pool)[-pool]
    return places[chosen], values[chosen]


def _lengths(postings: Sequence[bytes]) -> list[int]:
    """Return the number of terms of each memory."""
    counts = np.frombuffer(b"".join(postings), np.int32)[1::2]
    ends = np.cumsum([len(one) // 8 for one in postings], dtype=np.int64)
    lengths: list[int] = np.diff(np.concatenate(([0], np.cumsum(counts)))[np.concatenate(([0], ends))]).tolist()
    return lengths
