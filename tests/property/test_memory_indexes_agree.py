"""All indexes of memories agree, however their content came about, and with a plain reckoning of the scores."""

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rookery.adapters.memory_indexes.in_memory import InMemoryMemoryIndex
from rookery.domain.ports.memory_index import (
    Candidate,
    Holding,
)
from tests.support.memory_index import ANALYZER, apply, embed_all, find, holding, sqlite_index
from tests.support.windowed_bm25 import Said, scores

pytestmark = pytest.mark.anyio

words = st.lists(st.sampled_from(["rooks", "elms", "mill", "moon"]), min_size=1, max_size=5).map(" ".join)
steps = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 9), st.one_of(st.none(), words), st.integers(0, 30), st.sampled_from(["", "Ada: ", "Zoë: "])
        ),
        min_size=1,
        max_size=4,
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=20)
@given(steps, st.sampled_from(["rooks", "the moon over the elms", "mill mill ghost"]))
async def test_all_indexes_agree_however_their_content_came_about(
    batches: list[list[tuple[int, str | None, int, str]]], query: str
) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        grown, late, at_once = sqlite_index(Path(one)), sqlite_index(Path(one)), sqlite_index(Path(other))
        plain = InMemoryMemoryIndex(analyzer=ANALYZER)
        held: dict[str, Holding] = {}
        cursor = 0
        for batch in batches:
            changed = {}
            for key, text, quarters, speaker in batch:
                cursor += 1
                forgotten = text is None
                content = "" if text is None else speaker + text
                changed[f"{key}"] = holding(cursor, f"{key}", content, minutes=15 * quarters, forgotten=forgotten)
            held |= changed
            for index in (grown, plain):
                await apply(index, *changed.values())
                await embed_all(index)
                await find(index, query, dense=True)
        await apply(at_once, *sorted(held.values(), key=lambda one: one.cursor))
        await embed_all(at_once)
        found = await find(grown, query, dense=True)
        assert await find(plain, query, dense=True) == found
        assert await find(late, query, dense=True) == found
        assert await find(at_once, query, dense=True) == found
        assert await grown.namespaces() == await plain.namespaces() == await at_once.namespaces()
        _check_scores(found, held, query)
        for index in (grown, late, at_once):
            index.close()


def _check_scores(found: dict[str, Candidate], held: dict[str, Holding], query: str) -> None:
    living = {key: one.memory for key, one in held.items() if not one.memory.forgotten}
    numbers = {key: one.cursor for key, one in held.items()}
    said = [
        Said(one.timestamp.timestamp(), numbers[key], Counter(ANALYZER.terms(one.content)))
        for key, one in living.items()
    ]
    expected = scores(said, ANALYZER.terms(query)) if living else {}
    assert set(found) == set(living)
    for key, candidate in found.items():
        score = expected[numbers[key]]
        assert candidate.lexical == pytest.approx(score.own, rel=1e-4, abs=1e-6)
        assert candidate.window == pytest.approx(score.window, rel=1e-4, abs=1e-6)
