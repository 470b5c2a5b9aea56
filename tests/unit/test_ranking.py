"""How well a memory answers a query."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.application.memory.ranking import Ranked, Ranking, in_order, manner
from rookery.domain.cues import Asked, Cues, asked
from rookery.domain.memories import Slot, Why
from rookery.domain.ports.memory_index import Candidate, Form

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAIN = Candidate(Slot("a", "k"), 0.5, 0.2, 0.0, 0.4, NOON.timestamp(), 8, 0.5, Cues())
QUERY = asked("rooks in elms", [])

shares = st.floats(0, 1)
candidates = st.builds(
    Candidate,
    st.just(Slot("a", "k")),
    lexical=shares,
    window=shares,
    asked=shares,
    cosine=st.none() | st.floats(-1, 1),
    timestamp=st.floats(-62_135_596_800, 253_402_300_799),
    length=st.integers(0, 1_000_000),
    importance=shares,
    cues=st.builds(Cues, st.sampled_from(["", "ada", "zoë"]), st.booleans(), st.booleans(), st.booleans()),
)


def ranked(candidate: Candidate, query: Asked = QUERY, half_life: timedelta | None = None) -> Ranked:
    [one] = Ranking(query, NOON, half_life)([candidate])
    return one


def relevance(query: Asked = QUERY, **change: object) -> float:
    return ranked(PLAIN._replace(**change), query).relevance


def parts(why: Why) -> float:
    return sum((why.dense, why.lexical, why.neighbour, why.speaker, why.time, why.importance, why.form))


@given(
    candidates, st.sampled_from(["rooks", "When did Ada go?", "on 31 December"]), st.sampled_from([None, timedelta(30)])
)
def test_a_score_is_a_probability_made_of_its_parts(
    candidate: Candidate, query: str, half_life: timedelta | None
) -> None:
    one = ranked(candidate, asked(query, ["ada"]), half_life)
    assert 0.0 <= one.relevance <= 1.0
    logit = 0.85 * parts(one.why) - 7.2
    assert one.relevance == pytest.approx(one.why.decay / (1 + math.exp(-logit)))


@given(st.lists(candidates, max_size=6))
def test_a_score_does_not_depend_on_what_else_was_found(found: list[Candidate]) -> None:
    together = Ranking(QUERY, NOON)(found)
    assert [one.relevance for one in together] == [ranked(one).relevance for one in found]


@pytest.mark.parametrize(
    "change",
    [{"lexical": 0.9}, {"window": 0.9}, {"asked": 0.9}, {"cosine": 0.9}, {"importance": 0.9}, {"length": 20}],
)
def test_more_of_anything_that_speaks_for_a_memory_raises_its_score(change: dict[str, float]) -> None:
    assert relevance(**change) > relevance()


def test_a_question_scores_less_than_a_statement_and_a_bare_one_least() -> None:
    asks, only = Cues(asks=True), Cues(asks=True, only_asks=True)
    assert relevance(cues=only) < relevance(cues=asks) < relevance()


def test_only_the_speaker_who_is_named_gains() -> None:
    query = asked("What did Ada say?", ["ada", "zoë"])
    assert relevance(query, cues=Cues("ada")) > relevance(query, cues=Cues("zoë")) == relevance(query)
    assert relevance(cues=Cues("ada")) == relevance()


def test_a_memory_that_tells_a_time_gains_when_the_query_asks_for_one() -> None:
    query = asked("When did she go?", [])
    assert relevance(query, cues=Cues(tells_time=True)) > relevance(query)
    assert relevance(cues=Cues(tells_time=True)) == relevance()


def test_the_best_fitting_of_the_times_that_a_query_names_counts() -> None:
    query = asked("in May 2023 or in November 2026", [])
    may = datetime(2023, 5, 9, tzinfo=UTC).timestamp()
    assert relevance(query) == relevance(query, timestamp=may)
    assert relevance(query) > relevance(query, timestamp=may + 90 * 86_400)


def test_an_embedding_that_is_not_known_speaks_neither_for_nor_against() -> None:
    assert relevance(cosine=None) == relevance(cosine=0.0)
    assert ranked(PLAIN._replace(cosine=None)).why.cosine is None


def test_a_half_life_halves_the_score_with_each_of_its_lengths() -> None:
    week = timedelta(days=7)
    for weeks, left in ((0, 1.0), (1, 0.5), (3, 0.125), (-2, 1.0)):
        old = PLAIN._replace(timestamp=(NOON - weeks * week).timestamp())
        assert ranked(old, half_life=week).relevance == pytest.approx(left * ranked(old).relevance)
        assert ranked(old).why.decay == 1.0


def test_age_removes_nothing() -> None:
    ancient = PLAIN._replace(timestamp=datetime(1, 1, 1, tzinfo=UTC).timestamp())
    assert ranked(ancient, half_life=timedelta(seconds=1)).relevance >= 0.0


def test_equal_ones_come_newest_first_and_then_by_slot() -> None:
    found = [
        PLAIN._replace(slot=Slot(namespace, key), timestamp=NOON.timestamp() + later)
        for namespace, key, later in (("b", "1", 0), ("a", "2", 0), ("a", "1", 0), ("z", "9", 5))
    ]
    random.Random(7).shuffle(found)
    order = [one.candidate.slot for one in in_order(Ranking(QUERY, NOON)(found))]
    assert order == [Slot("z", "9"), Slot("a", "1"), Slot("a", "2"), Slot("b", "1")]


def form(*, memories: int, labelled: int = 0, speakers: int = 0, terms: float = 10.0) -> Form:
    return Form(memories, labelled, frozenset(f"name {number}" for number in range(speakers)), terms)


@pytest.mark.parametrize(
    ("held", "speak", "windowed"),
    [
        (form(memories=900, labelled=900, speakers=2, terms=60.0), True, True),
        (form(memories=900, labelled=900, speakers=200), True, True),
        (form(memories=4, labelled=4, speakers=4), True, True),
        (form(memories=400), True, True),
        (form(memories=400, terms=30.0), True, False),
        (form(memories=400, labelled=400, speakers=390, terms=30.0), False, False),
        (form(memories=400, labelled=400, speakers=390), False, True),
    ],
    ids=["dialogue", "forum", "few notes", "short notes", "paragraphs", "titled paragraphs", "titled short notes"],
)
def test_turns_have_speakers_and_neighbours_and_documents_titles(held: Form, *, speak: bool, windowed: bool) -> None:
    assert manner(held) == (held.speakers if speak else frozenset(), windowed)
