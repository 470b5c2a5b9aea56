"""Embeddings as codes, in which a large namespace is compared."""

import numpy as np
import pytest

from rookery.adapters.memory_indexes.codes import Codes

_DIMENSION = 96


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def topics(count: int) -> np.ndarray:
    """Return embeddings that lie around 50 centres and have a mean other than zero, as those of models do."""
    random = np.random.default_rng(1)
    centres = unit(random.standard_normal((50, _DIMENSION)))
    spread = unit(random.standard_normal((count, _DIMENSION)))
    return unit(centres[random.integers(50, size=count)] + spread + 0.05)


def codes_of(vectors: np.ndarray, *, at_once: int = 4096) -> Codes:
    """Return the codes of embeddings whose memories are numbered from 1."""
    codes = Codes()
    for start in range(0, len(vectors), at_once):
        codes.add({start + place + 1: one.tobytes() for place, one in enumerate(vectors[start : start + at_once])})
    return codes


def test_nearly_all_of_the_nearest_are_found_with_cosines_right_to_three_thousandths() -> None:
    vectors = topics(20_000)
    queries = unit(vectors[:40] + unit(np.random.default_rng(2).standard_normal((40, _DIMENSION))))
    codes = codes_of(vectors)
    found = 0
    for query in queries:
        exact = vectors @ query
        docs, cosines = codes.nearest(query.tolist(), 20)
        assert np.abs(cosines - exact[docs - 1]).max() < 0.003
        found += np.isin(np.argsort(-exact)[:20] + 1, docs).sum()
    assert found / (20 * len(queries)) > 0.97


def test_only_those_asked_for_are_found_and_of_a_few_all_are_compared() -> None:
    vectors = topics(20_000)
    codes = codes_of(vectors)
    for among in (np.arange(5, 500, 5), np.arange(1, 20_001, 2), np.array([1, 2, 99_999])):
        docs, _ = codes.nearest(vectors[8].tolist(), 10, among)
        assert set(docs.tolist()) <= set(among.tolist()) - {99_999}
    docs, _ = codes.nearest(vectors[9].tolist(), 1, np.arange(5, 500, 5))
    assert docs.tolist() == [10]


def test_of_a_memory_that_changed_the_last_embedding_counts() -> None:
    vectors = topics(3000)
    codes = codes_of(vectors)
    codes.nearest(vectors[0].tolist(), 1)
    codes.add({1: vectors[1].tobytes(), 3001: vectors[0].tobytes()})
    docs, [cosine] = codes.nearest(vectors[0].tolist(), 1)
    assert (docs.tolist(), cosine) == ([3001], pytest.approx(1, abs=0.002))
    assert codes.cosines(vectors[1].tolist(), np.array([1, 2, 9999])).tolist() == pytest.approx(
        [1, 1, float("nan")], abs=0.002, nan_ok=True
    )


def test_equal_embeddings_are_all_found() -> None:
    vectors = np.repeat(topics(1), 3000, axis=0)
    docs, _ = codes_of(vectors).nearest(vectors[0].tolist(), 10)
    assert docs.size == 3000


def test_where_nothing_is_nothing_is_found() -> None:
    codes = Codes()
    docs, cosines = codes.nearest([0.0] * _DIMENSION, 10)
    assert (docs.size, cosines.size) == (0, 0)
    assert np.isnan(codes.cosines([0.0] * _DIMENSION, np.array([1]))).all()
