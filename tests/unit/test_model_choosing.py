"""Choosing how to load a model, by the memory that there is."""

from rookery.application.models.choosing import Model, Room, choose
from rookery.domain.models import Deployment, Memory

MB = 1_000_000


def estimate(way: Deployment) -> Memory:
    """A model of ten layers of 100 MB each, whose cache takes 10 kB for a token, half of that when it is quantized."""
    cache = way.n_ctx * way.slots * (10_000 if way.kv_type == "f16" else 5_000)
    layers = min(way.gpu_layers, 10)
    return Memory(
        weights=(10 - layers) * 100 * MB,
        mapped=0,
        kv_cache=cache * (10 - layers) // 10,
        compute=0,
        output=0,
        vocabulary=0,
        process=50 * MB,
        vram_weights=layers * 100 * MB,
        vram_kv_cache=cache * layers // 10,
    )


MODEL = Model(layers=10, context_tokens=32768, estimate=estimate)


def told(way: Deployment | None) -> tuple[int, int, str, int] | None:
    return None if way is None else (way.n_ctx, way.slots, way.kv_type, way.gpu_layers)


def test_with_much_memory_contexts_are_long_and_slots_many() -> None:
    assert told(choose(MODEL, Room(12_000 * MB))) == (16384, 8, "f16", 0)


def test_with_less_memory_the_cache_is_packed_before_context_and_slots_are_given_up() -> None:
    assert told(choose(MODEL, Room(2_000 * MB))) == (16384, 8, "q8_0", 0)
    assert told(choose(MODEL, Room(1_300 * MB))) == (8192, 4, "q8_0", 0)
    assert told(choose(MODEL, Room(1_150 * MB))) == (8192, 1, "q8_0", 0)


def test_with_too_little_memory_there_is_no_way() -> None:
    assert choose(MODEL, Room(1_000 * MB)) is None


def test_a_context_is_never_longer_than_the_model_was_trained_for() -> None:
    assert told(choose(MODEL._replace(context_tokens=2048), Room(12_000 * MB))) == (2048, 8, "f16", 0)


def test_a_gpu_that_holds_the_whole_takes_it_and_a_small_one_takes_what_it_can() -> None:
    assert told(choose(MODEL, Room(12_000 * MB, 4_000 * MB))) == (16384, 8, "f16", 11)
    part = choose(MODEL, Room(12_000 * MB, 600 * MB))
    assert part is not None
    assert 0 < part.gpu_layers < 10
    assert Room(12_000 * MB, 600 * MB).holds(estimate(part))
