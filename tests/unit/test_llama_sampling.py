"""The choice of tokens in llama.cpp's worker."""

import numpy as np
import pytest

from rookery.adapters.llms.llama_cpp.worker.sampling import NotFinite, Sampler

ROW = np.array([0.0, 2.0, 1.0, 2.0, -np.inf], np.float32)


def test_at_temperature_0_the_first_of_the_likeliest_is_taken() -> None:
    assert Sampler(0, seed=1).choose(ROW) == 1


def test_a_seed_draws_the_same_and_another_draws_otherwise() -> None:
    def drawn(seed: int) -> list[int]:
        sampler = Sampler(1.0, seed)
        return [sampler.choose(ROW) for _ in range(40)]

    assert drawn(-3) == drawn(-3)
    assert drawn(1) != drawn(2)


def test_tokens_are_drawn_by_their_probability() -> None:
    sampler = Sampler(0.5, seed=5)
    counts = np.bincount([sampler.choose(ROW) for _ in range(20000)], minlength=5) / 20000
    weights = np.exp(ROW.astype(np.float64) / 0.5)
    assert counts == pytest.approx(weights / weights.sum(), abs=0.02)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_what_is_no_number_is_not_drawn_from(value: float, temperature: float) -> None:
    row = ROW.copy()
    row[2] = value
    with pytest.raises(NotFinite):
        Sampler(temperature, seed=1).choose(row)


def test_where_all_is_impossible_nothing_is_drawn() -> None:
    with pytest.raises(NotFinite):
        Sampler(0.0, seed=1).choose(np.full(5, -np.inf, np.float32))
