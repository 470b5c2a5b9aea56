"""What every vector store must do."""

import asyncio
import math
import random
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from rookery.adapters.vector_stores.chroma import ChromaVectorStore, Settings
from rookery.adapters.vector_stores.in_memory import InMemoryVectorStore
from rookery.domain.errors import DimensionMismatch, VectorStoreError
from rookery.domain.ports.vector_store import Vector, VectorStorePort

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["chroma", "in_memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VectorStorePort]:
    if request.param == "chroma":
        opened = ChromaVectorStore(Settings(), home=tmp_path)
        yield opened
        await opened.close()
    else:
        yield InMemoryVectorStore()


AT = [
    Vector("east", "plane", [1.0, 0.0, 0.0]),
    Vector("north", "plane", [0.0, 1.0, 0.0]),
    Vector("up", "height", [0.0, 0.0, 1.0]),
]


async def test_hits_come_best_first_with_their_cosine(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    hits = await store.search("a", [3.0, 4.0, 0.0], limit=3)
    assert [hit.id for hit in hits] == ["north", "east", "up"]
    assert [hit.similarity for hit in hits] == pytest.approx([0.8, 0.6, 0.0], abs=1e-6)


async def test_similarity_reaches_from_minus_one_to_one(store: VectorStorePort) -> None:
    await store.upsert("a", [Vector("same", "g", [0.3, 0.1]), Vector("opposite", "g", [-0.6, -0.2])])
    same, opposite = await store.search("a", [0.9, 0.3], limit=2)
    assert same.similarity == pytest.approx(1.0, abs=1e-6)
    assert same.similarity <= 1.0
    assert opposite.similarity == pytest.approx(-1.0, abs=1e-6)
    assert opposite.similarity >= -1.0


async def test_equal_hits_come_by_id_even_when_the_limit_cuts_through_them(store: VectorStorePort) -> None:
    ids = [f"{number:03d}" for number in range(300)]
    shuffled = random.Random(7).sample(ids, len(ids))
    await store.upsert("a", [Vector(name, "g", [1.0, 2.0, 2.0]) for name in shuffled])
    assert [hit.id for hit in await store.search("a", [1.0, 2.0, 2.0], limit=4)] == ids[:4]


async def test_a_limit_beyond_the_count_gives_all_and_a_limit_of_zero_none(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    assert len(await store.search("a", [1.0, 1.0, 1.0], limit=1000)) == 3
    assert await store.search("a", [1.0, 1.0, 1.0], limit=0) == []


async def test_groups_narrow_the_search(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    query = [1.0, 0.5, 0.1]
    assert [hit.id for hit in await store.search("a", query, limit=9, groups=["height"])] == ["up"]
    assert [hit.id for hit in await store.search("a", query, limit=9, groups={"height", "plane"})] == [
        "east",
        "north",
        "up",
    ]
    assert await store.search("a", query, limit=9, groups=["nobody"]) == []
    assert await store.search("a", query, limit=9, groups=[]) == []


async def test_very_many_groups_can_be_named(store: VectorStorePort) -> None:
    await store.upsert("a", [Vector(f"v{n}", f"g{n}", [1.0, n / 100]) for n in range(100)])
    groups = [f"g{n}" for n in range(40_000)]
    assert [hit.id for hit in await store.search("a", [1.0, 0.0], limit=2, groups=groups)] == ["v0", "v1"]


async def test_a_known_id_is_replaced_with_its_group(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    await store.upsert("a", [Vector("up", "plane", [1.0, 1.0, 0.0])])
    assert await store.ids("a", "plane") == {"east", "north", "up"}
    assert await store.ids("a", "height") == set()
    assert (await store.search("a", [1.0, 1.0, 0.0], limit=1))[0].id == "up"


async def test_the_last_of_an_id_within_one_call_stays(store: VectorStorePort) -> None:
    await store.upsert("a", [Vector("x", "old", [1.0, 0.0]), Vector("x", "new", [0.0, 1.0])])
    assert await store.ids("a", "old") == set()
    assert (await store.search("a", [0.0, 1.0], limit=5))[0].similarity == pytest.approx(1.0, abs=1e-6)


async def test_an_unknown_collection_is_empty(store: VectorStorePort) -> None:
    assert await store.search("nowhere", [1.0, 0.0], limit=3) == []
    assert await store.ids("nowhere", "g") == set()
    await store.delete_group("nowhere", "g")


async def test_an_empty_upsert_fixes_nothing(store: VectorStorePort) -> None:
    await store.upsert("a", [])
    await store.upsert("a", [Vector("x", "g", [1.0, 0.0])])
    await store.upsert("a", [])
    assert await store.ids("a", "g") == {"x"}


async def test_collections_do_not_see_each_other_and_may_differ_in_dimension(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    await store.upsert("b", [Vector("east", "plane", [0.0, 1.0])])
    assert await store.ids("a", "plane") == {"east", "north"}
    assert [hit.id for hit in await store.search("b", [0.0, 1.0], limit=5)] == ["east"]


@pytest.mark.parametrize("name", ["", "a", "memories of Zoë/研究 🐦", "../../etc", "x" * 200, "a\0b", "-._-"])
async def test_a_collection_may_have_any_name(store: VectorStorePort, name: str) -> None:
    await store.upsert(name, [Vector("x", "g", [1.0, 0.0])])
    await store.upsert(name + " ", [Vector("y", "g", [1.0, 0.0])])
    assert await store.ids(name, "g") == {"x"}


async def test_groups_and_ids_may_be_any_text(store: VectorStorePort) -> None:
    await store.upsert("a", [Vector("ид/1 🐦'\"", "", [1.0, 0.0]), Vector("2", "$in", [0.0, 1.0])])
    assert await store.ids("a", "") == {"ид/1 🐦'\""}
    assert [hit.id for hit in await store.search("a", [1.0, 0.0], limit=5, groups=["$in"])] == ["2"]


async def test_a_vector_of_another_dimension_is_refused_with_both_numbers(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    with pytest.raises(DimensionMismatch, match=r"3.* 2"):
        await store.upsert("a", [Vector("flat", "plane", [1.0, 0.0])])
    with pytest.raises(DimensionMismatch, match=r"3.* 4"):
        await store.search("a", [1.0, 0.0, 0.0, 0.0], limit=1)


async def test_nothing_is_written_of_a_call_with_mixed_dimensions(store: VectorStorePort) -> None:
    with pytest.raises(DimensionMismatch):
        await store.upsert("a", [Vector("x", "g", [1.0, 0.0]), Vector("y", "g", [1.0])])
    assert await store.ids("a", "g") == set()


async def test_the_dimension_stays_when_all_vectors_are_gone(store: VectorStorePort) -> None:
    await store.upsert("a", [Vector("x", "g", [1.0, 0.0])])
    await store.delete_group("a", "g")
    assert await store.search("a", [1.0, 0.0], limit=1) == []
    with pytest.raises(DimensionMismatch):
        await store.upsert("a", [Vector("x", "g", [1.0, 0.0, 0.0])])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
async def test_a_component_that_is_not_finite_is_refused(store: VectorStorePort, bad: float) -> None:
    await store.upsert("a", [Vector("x", "g", [1.0, 0.0])])
    with pytest.raises(VectorStoreError, match="not finite"):
        await store.upsert("a", [Vector("y", "g", [0.0, bad])])
    with pytest.raises(VectorStoreError, match="not finite"):
        await store.search("a", [bad, 0.0], limit=1)
    assert await store.ids("a", "g") == {"x"}


async def test_a_vector_of_zeros_is_like_nothing(store: VectorStorePort) -> None:
    await store.upsert("a", [Vector("x", "g", [1.0, 0.0]), Vector("zero", "g", [0.0, 0.0])])
    assert [tuple(hit) for hit in await store.search("a", [1.0, 0.0], limit=2)] == [("x", 1.0), ("zero", 0.0)]


async def test_deleting_a_group_leaves_the_others(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    await store.delete_group("a", "plane")
    await store.delete_group("a", "plane")
    assert await store.ids("a", "plane") == set()
    assert [hit.id for hit in await store.search("a", [1.0, 0.0, 0.0], limit=5)] == ["up"]


async def test_a_deleted_vector_can_come_back(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    await store.delete_group("a", "height")
    await store.upsert("a", AT)
    assert [hit.id for hit in await store.search("a", [0.0, 0.1, 1.0], limit=1)] == ["up"]


async def test_concurrent_writers_and_readers_lose_nothing(store: VectorStorePort) -> None:
    async def write(number: int) -> None:
        await store.upsert("a", [Vector(f"{number}-{n}", f"g{number}", _random(number, n)) for n in range(40)])

    async def read(number: int) -> None:
        hits = await store.search("a", _random(number, 0), limit=10)
        assert all(first.similarity >= second.similarity for first, second in pairwise(hits))

    async with asyncio.TaskGroup() as tasks:
        for number in range(12):
            tasks.create_task(write(number))
            tasks.create_task(read(number))
    assert len(await store.search("a", _random(0, 0), limit=1000)) == 480
    for number in range(12):
        assert (await store.search("a", _random(number, 7), limit=1))[0].id == f"{number}-7"


async def test_thousands_of_vectors_are_found_again(store: VectorStorePort) -> None:
    dimension = 24
    vectors = [Vector(f"{n:04d}", f"g{n % 10}", _random(99, n, dimension)) for n in range(6000)]
    await store.upsert("a", vectors)
    assert len(await store.ids("a", "g3")) == 600
    for wanted in vectors[::500]:
        hits = await store.search("a", wanted.embedding, limit=5)
        assert hits[0].id == wanted.id
    await store.delete_group("a", "g3")
    assert await store.ids("a", "g3") == set()
    assert len(await store.search("a", vectors[0].embedding, limit=6000)) == 5400


def _random(seed: int, number: int, dimension: int = 8) -> list[float]:
    gauss: Callable[[float, float], float] = random.Random(seed * 100_000 + number).gauss
    return [gauss(0.0, 1.0) for _ in range(dimension)]
