"""The time line of a namespace: grown, mended or laid out anew, it gives the same scores."""

from collections import Counter
from collections.abc import Collection, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.adapters.memory_indexes.timeline import Row, TimeLine
from tests.support.windowed_bm25 import HOUR, Said, Score, scores

WORDS = range(4)
texts = st.lists(st.sampled_from(WORDS), max_size=6)
times = st.integers(0, 40).map(lambda step: step * HOUR / 4)
batches = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(1, 12), times, texts), max_size=5, unique_by=lambda row: row[0]),
        st.sets(st.integers(1, 12), max_size=2),
    ),
    max_size=8,
)


def row(doc: int, time: float, words: Collection[int]) -> Row:
    counts = sorted(Counter(words).items())
    return Row(doc, doc, time, len(list(words)), 0, 0, 0.5, np.array(counts, np.int32).reshape(-1, 2).tobytes())


def said(row: Row) -> Said:
    pairs = np.frombuffer(row.postings, np.int32).reshape(-1, 2).tolist()
    return Said(row.time, row.doc, Counter({str(word): count for word, count in pairs}))


def by_doc(line: TimeLine, query: Collection[int], *, unknown: int = 0) -> dict[int, Score]:
    own, window, *_ = line.score(query, unknown=unknown)
    return {
        int(doc): Score(float(own[place]), float(window[place]))
        for place, doc in enumerate(line.columns.doc)
        if doc >= 0
    }


def check(line: TimeLine, held: Mapping[int, Row], query: Collection[int]) -> None:
    """Compare with the scores worked out slowly."""
    expected = scores([said(row) for row in held.values()], [str(word) for word in query])
    given = by_doc(line, query)
    assert given.keys() == expected.keys()
    for doc, score in expected.items():
        assert given[doc] == pytest.approx(score, rel=1e-4, abs=1e-6)


@given(batches, st.sets(st.sampled_from(WORDS), min_size=1))
def test_after_any_changes_the_scores_are_those_of_a_line_made_at_once(batches: list, query: set[int]) -> None:
    line, held = TimeLine(), dict[int, Row]()
    for added, removed in batches:
        rows = [row(*one) for one in added if one[0] not in removed]
        line.change(rows, removed)
        held = {doc: one for doc, one in held.items() if doc not in removed} | {one.doc: one for one in rows}
        assert len(line) == len(held)
    whole = TimeLine()
    whole.change(list(held.values()), [])
    assert by_doc(line, query) == by_doc(whole, query)
    check(line, held, query)
    for doc in held:
        place = line.place(doc)
        assert place is not None
        assert line.columns.doc[place] == doc
        assert line.columns.time[place] == held[doc].time


def test_a_window_ends_where_more_than_an_hour_lies_between() -> None:
    for pause, reaches in ((HOUR, True), (HOUR + 1, False)):
        line = TimeLine()
        line.change([row(1, 0.0, [0]), row(2, pause, [1])], [])
        assert (by_doc(line, [0])[2].window > 0) == reaches


def test_a_window_reaches_two_memories_to_each_side() -> None:
    line = TimeLine()
    line.change([row(doc, doc * 60.0, [0] if doc == 5 else [1]) for doc in range(1, 10)], [])
    assert [doc for doc, score in by_doc(line, [0]).items() if score.window > 0] == [3, 4, 5, 6, 7]


def test_a_session_that_is_appended_to_goes_on() -> None:
    line = TimeLine()
    line.change([row(1, 0.0, [0])], [])
    line.change([row(2, 60.0, [1])], [])
    line.change([row(3, 3 * HOUR, [1])], [])
    windows = {doc: score.window for doc, score in by_doc(line, [0]).items()}
    assert windows[2] > 0
    assert windows[3] == 0


def test_more_than_fits_at_the_end_is_laid_out_anew() -> None:
    rows = [row(doc, doc * 700.0, [doc % 3, doc % 7 % 4]) for doc in range(1, 3000)]
    line = TimeLine()
    for start in range(0, len(rows), 300):
        line.change(rows[start : start + 300], [])
    check(line, {row.doc: row for row in rows}, [0, 3])


def test_an_empty_line_has_no_scores() -> None:
    line = TimeLine()
    line.change([], [7])
    assert by_doc(line, [0, 1], unknown=2) == {}
    line.change([row(1, 0.0, [0])], [])
    line.change([], [1])
    assert len(line) == 0
    assert by_doc(line, [0]) == {}
    assert line.place(1) is None


def test_a_query_without_words_gives_nothing() -> None:
    line = TimeLine()
    line.change([row(1, 0.0, [0])], [])
    assert by_doc(line, []) == {1: Score(0.0, 0.0)}


def test_words_that_occur_nowhere_lower_the_share() -> None:
    line = TimeLine()
    line.change([row(1, 0.0, [0])], [])
    assert 0 < by_doc(line, [0], unknown=1)[1].own < by_doc(line, [0])[1].own <= 1


def test_memories_without_words_are_held_and_score_nothing() -> None:
    line = TimeLine()
    line.change([row(1, 0.0, []), row(2, 0.0, [])], [])
    assert by_doc(line, [0]) == {1: Score(0.0, 0.0), 2: Score(0.0, 0.0)}


def test_moments_before_1970_and_far_ahead_are_in_order() -> None:
    line = TimeLine()
    line.change([row(1, 253_402_300_799.0, [0]), row(2, -62_135_596_800.0, [0]), row(3, 0.0, [0])], [])
    assert list(by_doc(line, [0])) == [2, 3, 1]
