"""What every vector store must do."""

import asyncio
import math
import os
import random
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from rookery.adapters.vector_stores import pinecone, weaviate
from rookery.adapters.vector_stores.chroma import ChromaVectorStore, Settings
from rookery.adapters.vector_stores.in_memory import InMemoryVectorStore
from rookery.adapters.vector_stores.pinecone import PineconeVectorStore
from rookery.adapters.vector_stores.weaviate import WeaviateVectorStore
from rookery.domain.errors import DimensionMismatch, VectorStoreError
from rookery.domain.ports.vector_store import Vector, VectorStorePort
from tests.support.pinecone_server import API_KEY

pytestmark = pytest.mark.anyio

OURS = "rookery-contract"
"""Where the tests keep to themselves on a service that is used for other things too, since they empty it."""


@pytest.fixture(scope="module")
def chroma_url(request: pytest.FixtureRequest) -> str:
    """A Chroma server that has a database of ours."""
    url: str = os.environ.get("ROOKERY_TEST_CHROMA_URL") or request.getfixturevalue("chroma_server").url
    made = httpx.post(f"{url}/api/v2/tenants/default_tenant/databases", json={"name": OURS})
    assert made.status_code in (200, 409), made.text
    return url


@pytest.fixture(params=["chroma", "chroma_server", "weaviate", "pinecone", "in_memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VectorStorePort]:
    opened = OPENERS[request.param](request, tmp_path)
    await opened.reset()
    yield opened
    await opened.close()


def _chroma_server(request: pytest.FixtureRequest, home: Path) -> VectorStorePort:
    return ChromaVectorStore(Settings(url=request.getfixturevalue("chroma_url"), database=OURS), home=home)


def _weaviate(request: pytest.FixtureRequest, _: Path) -> VectorStorePort:
    url = os.environ.get("ROOKERY_TEST_WEAVIATE_URL")
    if url:
        return WeaviateVectorStore(weaviate.Settings(url=url, prefix="RookeryContract"))
    server = request.getfixturevalue("weaviate_server")
    return WeaviateVectorStore(weaviate.Settings(url=server.http_url, grpc_port=server.grpc_port))


def _pinecone(request: pytest.FixtureRequest, _: Path) -> VectorStorePort:
    url = os.environ.get("ROOKERY_TEST_PINECONE_URL")
    if url:
        return PineconeVectorStore(pinecone.Settings(host=url, index=OURS))
    server = request.getfixturevalue("pinecone_server")
    return PineconeVectorStore(pinecone.Settings(host=server.host, api_key=SecretStr(API_KEY)))


OPENERS: dict[str, Callable[[pytest.FixtureRequest, Path], VectorStorePort]] = {
    "chroma": lambda _, home: ChromaVectorStore(Settings(), home=home),
    "chroma_server": _chroma_server,
    "weaviate": _weaviate,
    "pinecone": _pinecone,
    "in_memory": lambda _, __: InMemoryVectorStore(),
}


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
    ids = [f"{number:03d}" for number in range(100)]
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
    assert await store.count("nowhere") == 0
    assert await store.note("nowhere") is None
    await store.delete_group("nowhere", "g")
    await store.delete("nowhere", ["x"])


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


async def test_vectors_need_no_group(store: VectorStorePort) -> None:
    await store.upsert("a", [vector._replace(group="") for vector in AT])
    assert await store.ids("a", "") == {vector.id for vector in AT}
    assert [hit.id for hit in await store.search("a", [0.0, 0.0, 1.0], limit=1)] == ["up"]
    await store.delete_group("a", "")
    assert await store.count("a") == 0


async def test_deleting_a_group_leaves_the_others(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    await store.delete_group("a", "plane")
    await store.delete_group("a", "plane")
    assert await store.ids("a", "plane") == set()
    assert [hit.id for hit in await store.search("a", [1.0, 0.0, 0.0], limit=5)] == ["up"]


async def test_vectors_are_deleted_by_id_and_no_other_goes_with_them(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    await store.upsert("b", AT)
    await store.delete("a", ["east", "up", "nobody", ""])
    await store.delete("a", [])
    assert await store.ids("a", "plane") == {"north"}
    assert [hit.id for hit in await store.search("a", [1.0, 0.0, 0.0], limit=5)] == ["north"]
    assert await store.count("b") == 3


async def test_a_collection_whose_vectors_were_all_deleted_keeps_dimension_and_note(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    await store.set_note("a", "7")
    await store.delete("a", {vector.id for vector in AT})
    assert await store.count("a") == 0
    assert await store.note("a") == "7"
    with pytest.raises(DimensionMismatch):
        await store.upsert("a", [Vector("x", "g", [1.0, 0.0])])


async def test_very_many_vectors_are_deleted_at_once(store: VectorStorePort) -> None:
    await store.upsert("a", [Vector(f"{n}", "g", [1.0, n / 1000]) for n in range(1500)])
    await store.delete("a", [f"{n}" for n in range(1, 12_000)])
    assert await store.ids("a", "g") == {"0"}


@pytest.mark.parametrize("name", ["ид/1 🐦'\"", "a\0b", " ", "x" * 2000, "%2F?#&", "\n", "~"])
async def test_an_id_may_be_any_text(store: VectorStorePort, name: str) -> None:
    await store.upsert("a", [Vector(name, name, [1.0, 0.0]), Vector(name + ".", "g", [0.0, 1.0])])
    assert await store.ids("a", name) == {name}
    assert (await store.search("a", [1.0, 0.0], limit=1, groups=[name]))[0].id == name
    await store.delete("a", [name])
    assert [hit.id for hit in await store.search("a", [1.0, 0.0], limit=5)] == [name + "."]


async def test_the_count_follows_what_is_stored_replaced_and_deleted(store: VectorStorePort) -> None:
    assert await store.count("a") == 0
    await store.upsert("a", AT)
    await store.upsert("a", [Vector("up", "plane", [1.0, 1.0, 0.0]), Vector("down", "height", [0.0, 0.0, -1.0])])
    assert await store.count("a") == 4
    await store.delete_group("a", "plane")
    assert await store.count("a") == 1


async def test_a_note_is_kept_beside_the_vectors(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    assert await store.note("a") is None
    for note in ("7", "", 'до 8 🐦 "\n', "n" * 5000):
        await store.set_note("a", note)
        assert await store.note("a") == note
    await store.upsert("a", [Vector("down", "height", [0.0, 0.0, -1.0])])
    assert len(await store.note("a") or "") == 5000
    assert await store.count("a") == 4
    assert [hit.id for hit in await store.search("a", [1.0, 0.0, 0.0], limit=1)] == ["east"]


async def test_notes_of_collections_are_apart(store: VectorStorePort) -> None:
    for name in ("a", "b"):
        await store.upsert(name, AT)
        await store.set_note(name, f"of {name}")
    assert [await store.note(name) for name in ("a", "b", "c")] == ["of a", "of b", None]


async def test_a_collection_without_a_vector_cannot_be_noted_on(store: VectorStorePort) -> None:
    with pytest.raises(VectorStoreError, match="has had no vector"):
        await store.set_note("a", "7")
    await store.upsert("a", [])
    with pytest.raises(VectorStoreError, match="has had no vector"):
        await store.set_note("a", "7")
    assert await store.note("a") is None


async def test_a_dropped_collection_is_forgotten_with_its_dimension_and_note(store: VectorStorePort) -> None:
    await store.upsert("a", AT)
    await store.upsert("b", AT)
    await store.set_note("a", "7")
    await store.drop("a")
    await store.drop("a")
    await store.drop("nowhere")
    assert await store.count("a") == 0
    assert await store.note("a") is None
    assert await store.ids("a", "plane") == set()
    assert await store.search("a", [1.0, 0.0, 0.0], limit=1) == []
    await store.upsert("a", [Vector("x", "g", [1.0, 0.0])])
    assert await store.note("a") is None
    assert [hit.id for hit in await store.search("a", [1.0, 0.0], limit=5)] == ["x"]
    assert await store.count("b") == 3


async def test_a_reset_store_is_empty_and_usable(store: VectorStorePort) -> None:
    for name in ("a", "b", ""):
        await store.upsert(name, AT)
        await store.set_note(name, "7")
    await store.reset()
    await store.reset()
    for name in ("a", "b", ""):
        assert await store.count(name) == 0
        assert await store.note(name) is None
        await store.upsert(name, [Vector("x", "g", [1.0, 0.0])])
        assert await store.ids(name, "g") == {"x"}


async def test_a_store_can_be_closed_at_any_time(store: VectorStorePort) -> None:
    await store.close()
    await store.upsert("a", AT)
    await store.set_note("a", "7")
    await store.close()
    await store.close()
    assert await store.count("a") == 3
    assert await store.note("a") == "7"


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
    vectors = [Vector(f"{n:04d}", f"g{n % 10}", _random(99, n, dimension)) for n in range(3000)]
    await store.upsert("a", vectors)
    assert len(await store.ids("a", "g3")) == 300
    for wanted in vectors[::250]:
        hits = await store.search("a", wanted.embedding, limit=5)
        assert hits[0].id == wanted.id
    await store.delete_group("a", "g3")
    assert await store.ids("a", "g3") == set()
    assert len(await store.search("a", vectors[0].embedding, limit=3000)) == 2700


def _random(seed: int, number: int, dimension: int = 8) -> list[float]:
    gauss: Callable[[float, float], float] = random.Random(seed * 100_000 + number).gauss
    return [gauss(0.0, 1.0) for _ in range(dimension)]
