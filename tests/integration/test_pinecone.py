"""Pinecone over the wire: its indexes made, its limits kept, its lag waited for, its outages told."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from rookery.adapters.vector_stores.pinecone import PineconeVectorStore, Settings
from rookery.domain.errors import ConfigurationError, DimensionMismatch, VectorStoreError
from rookery.domain.ports.vector_store import Vector
from tests.support.pinecone_server import API_KEY, PineconeServer

pytestmark = pytest.mark.anyio

Open = Callable[..., PineconeVectorStore]

EAST = Vector("east", "plane", [1.0, 0.0])
WEST = Vector("west", "plane", [-1.0, 0.0])


@pytest.fixture
async def open_store(pinecone_server: PineconeServer) -> AsyncIterator[Open]:
    opened: list[PineconeVectorStore] = []

    def open_one(**changed: Any) -> PineconeVectorStore:
        usual: dict[str, Any] = {"host": pinecone_server.host, "api_key": SecretStr(API_KEY)}
        opened.append(PineconeVectorStore(Settings(**(usual | changed))))
        return opened[-1]

    yield open_one
    for store in opened:
        await store.close()


def upserts(server: PineconeServer) -> int:
    return server.faults.requests.count("POST /vectors/upsert")


def test_the_key_comes_from_the_environment_or_the_settings_or_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PINECONE_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="PINECONE_API_KEY"):
        PineconeVectorStore(Settings())
    monkeypatch.setenv("PINECONE_API_KEY", "pcsk-of-the-environment\n")
    assert Settings().api_key == SecretStr("pcsk-of-the-environment")
    assert "pcsk-of" not in repr(Settings())


def test_a_key_that_no_header_can_carry_is_refused_and_not_shown() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(api_key=SecretStr("pcsk-secret\nX-Other: 1"))
    assert "pcsk-secret" not in str(caught.value)


async def test_a_wrong_key_is_told_without_showing_it(open_store: Open) -> None:
    with pytest.raises(VectorStoreError, match="check PINECONE_API_KEY") as caught:
        await open_store(api_key=SecretStr("pcsk-of-somebody")).count("a")
    assert not caught.value.retryable
    assert "pcsk-of-somebody" not in str(caught.value)


async def test_each_dimension_has_an_index_that_is_made_when_missing(
    open_store: Open, pinecone_server: PineconeServer
) -> None:
    store = open_store(index="lab", cloud="gcp", region="europe-west4")
    assert await store.search("a", [1.0, 0.0], limit=1) == []
    assert pinecone_server.indexes == {}
    await store.upsert("a", [EAST])
    await store.upsert("b", [EAST])
    await store.upsert("c", [Vector("up", "height", [0.0, 0.0, 1.0])])
    assert {name: index.dimension for name, index in pinecone_server.indexes.items()} == {"lab-2": 2, "lab-3": 3}
    assert pinecone_server.indexes["lab-2"].deployment["region"] == "europe-west4"


async def test_an_index_that_initialises_is_waited_for(open_store: Open, pinecone_server: PineconeServer) -> None:
    pinecone_server.delay_indexes(2)
    store = open_store()
    await store.upsert("a", [EAST])
    assert await store.count("a") == 1


async def test_an_index_that_never_gets_ready_is_a_retryable_error(
    open_store: Open, pinecone_server: PineconeServer
) -> None:
    pinecone_server.delay_indexes(1_000_000)
    with pytest.raises(VectorStoreError, match="rookery-2 is Initializing") as caught:
        await open_store(ready_seconds=0.1).upsert("a", [EAST])
    assert caught.value.retryable


async def test_what_is_too_much_for_one_request_is_sent_in_several(
    open_store: Open, pinecone_server: PineconeServer
) -> None:
    store = open_store()
    wide = [Vector(f"{n}", "g", [float(n % 7) + 1 / (k + n + 3) for k in range(384)]) for n in range(900)]
    await store.upsert("wide", wide)
    assert await store.count("wide") == 900
    assert 2 <= upserts(pinecone_server) - 1 <= 5
    await store.upsert("many", [Vector(f"{n}", "g", [1.0, float(n)]) for n in range(1001)])
    assert await store.count("many") == 1001


async def test_a_search_waits_for_what_was_just_stored(open_store: Open, pinecone_server: PineconeServer) -> None:
    store = open_store()
    await store.upsert("a", [EAST])
    pinecone_server.indexes["rookery-2"].late_reads = 2
    await store.upsert("a", [WEST])
    assert [hit.id for hit in await store.search("a", [-1.0, 0.0], limit=1)] == ["west"]


async def test_a_search_without_patience_returns_what_there_is(
    open_store: Open, pinecone_server: PineconeServer
) -> None:
    store = open_store(freshness_seconds=0)
    await store.upsert("a", [EAST])
    pinecone_server.indexes["rookery-2"].late_reads = 2
    await store.upsert("a", [WEST])
    assert [hit.id for hit in await store.search("a", [-1.0, 0.0], limit=1)] == ["east"]


async def test_a_short_failure_is_not_noticed(open_store: Open, pinecone_server: PineconeServer) -> None:
    store = open_store()
    await store.upsert("a", [EAST])
    for status in (429, 503):
        pinecone_server.faults.fail(2, status, path="/query")
        assert [hit.id for hit in await store.search("a", [1.0, 0.0], limit=1)] == ["east"]


@pytest.mark.parametrize(("status", "retryable"), [(429, True), (500, True), (503, True), (400, False), (402, False)])
async def test_a_lasting_failure_says_whether_trying_again_may_help(
    open_store: Open, pinecone_server: PineconeServer, status: int, *, retryable: bool
) -> None:
    store = open_store()
    await store.upsert("a", [EAST])
    pinecone_server.faults.fail(10, status, path="/vectors/upsert")
    with pytest.raises(VectorStoreError, match=str(status)) as caught:
        await store.upsert("a", [WEST])
    assert caught.value.retryable == retryable
    assert caught.value.__cause__ is not None
    pinecone_server.faults.clear()
    await store.upsert("a", [WEST])
    assert await store.ids("a", "plane") == {"east", "west"}


async def test_an_outage_is_retryable_and_over_when_pinecone_is_back(
    open_store: Open, pinecone_server: PineconeServer
) -> None:
    store = open_store()
    await store.upsert("a", [EAST])
    await store.set_note("a", "7")
    pinecone_server.stop()
    try:
        with pytest.raises(VectorStoreError, match=f"cannot be reached at {pinecone_server.host}") as caught:
            await store.search("a", [1.0, 0.0], limit=1)
        assert caught.value.retryable
    finally:
        pinecone_server.start()
    assert [hit.id for hit in await store.search("a", [1.0, 0.0], limit=1)] == ["east"]
    assert await store.note("a") == "7"


async def test_stores_of_one_project_see_each_other(open_store: Open) -> None:
    one, other = open_store(), open_store()
    await one.upsert("a", [EAST])
    await one.set_note("a", "7")
    assert await other.note("a") == "7"
    with pytest.raises(DimensionMismatch):
        await other.upsert("a", [Vector("up", "height", [0.0, 0.0, 1.0])])
    await other.drop("a")
    assert await one.note("a") is None
    await one.upsert("a", [Vector("up", "height", [0.0, 0.0, 1.0])])
    assert [hit.id for hit in await other.search("a", [0.0, 0.0, 1.0], limit=5)] == ["up"]


async def test_reset_leaves_what_others_keep_in_the_project(open_store: Open, pinecone_server: PineconeServer) -> None:
    store, others = open_store(), open_store(index="rookery-of-others")
    await others.upsert("theirs", [EAST])
    for number in range(105):
        await store.upsert(f"{number}", [EAST])
    foreign = {"id": "x", "values": [1.0, 0.0]}
    _client(pinecone_server, "rookery-2").upsert(vectors=[foreign], namespace="notes-of-somebody")
    await store.reset()
    assert [await store.count(f"{number}") for number in (0, 104)] == [0, 0]
    assert await others.count("theirs") == 1
    left = {name for name, space in pinecone_server.indexes["rookery-2"].spaces.items() if space.vectors}
    assert left == {"notes-of-somebody"}


async def test_zeros_stand_between_what_is_like_and_what_is_opposite(open_store: Open) -> None:
    store = open_store()
    zeros = [Vector(f"zero-{n}", "z", [0.0, 0.0]) for n in (2, 1)]
    await store.upsert("a", [WEST, EAST, *zeros])
    found = [tuple(hit) for hit in await store.search("a", [1.0, 0.0], limit=9)]
    assert found == [("east", 1.0), ("zero-1", 0.0), ("zero-2", 0.0), ("west", -1.0)]
    assert await store.search("a", [1.0, 0.0], limit=2) == [("east", 1.0), ("zero-1", 0.0)]
    assert await store.search("a", [1.0, 0.0], limit=9, groups=["plane"]) == [("east", 1.0), ("west", -1.0)]
    assert [hit.similarity for hit in await store.search("a", [0.0, 0.0], limit=9)] == [0.0] * 4


async def test_an_id_too_long_for_pinecone_is_a_clear_error(open_store: Open) -> None:
    store = open_store()
    with pytest.raises(VectorStoreError, match="Metadata size") as caught:
        await store.upsert("a", [Vector("x" * 50_000, "g", [1.0, 0.0])])
    assert not caught.value.retryable


def _client(server: PineconeServer, name: str) -> Any:
    """Somebody else's access to an index."""
    from pinecone import Index

    return Index(host=f"http://{server.indexes[name].host}", api_key=API_KEY)
