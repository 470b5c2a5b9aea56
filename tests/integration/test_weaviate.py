"""Weaviate: away, overloaded, choosy about keys, and with more than it gives in one answer."""

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from rookery.adapters.vector_stores.weaviate import Settings, WeaviateVectorStore
from rookery.domain.errors import DimensionMismatch, VectorStoreError
from rookery.domain.ports.vector_store import Vector
from tests.support.weaviate_server import WeaviateServer, weaviate_server

pytestmark = pytest.mark.anyio

Open = Callable[..., WeaviateVectorStore]

KEY = "let-me-in-7f3a"


@pytest.fixture
def server() -> Iterator[WeaviateServer]:
    with weaviate_server() as running:
        yield running


@pytest.fixture
def locked_server() -> Iterator[WeaviateServer]:
    with weaviate_server(KEY) as running:
        yield running


@pytest.fixture
async def open_store() -> AsyncIterator[Open]:
    opened: list[WeaviateVectorStore] = []

    def open_one(at: WeaviateServer, **settings: object) -> WeaviateVectorStore:
        where = {"url": at.http_url, "grpc_port": at.grpc_port}
        opened.append(WeaviateVectorStore(Settings.model_validate(where | settings)))
        return opened[-1]

    yield open_one
    for store in opened:
        await store.close()


def vectors(count: int) -> list[Vector]:
    return [Vector(f"v{number:05d}", "g", [1.0, number / 1000]) for number in range(count)]


async def test_a_server_that_is_away_is_named_and_found_when_it_is_there(
    server: WeaviateServer, open_store: Open
) -> None:
    store = open_store(server)
    server.stop()
    for _ in range(2):
        with pytest.raises(VectorStoreError, match=rf"{server.http_url} .* start it") as caught:
            await store.upsert("a", vectors(3))
        assert caught.value.retryable
        assert caught.value.__cause__ is not None
    server.start()
    await store.upsert("a", vectors(3))
    assert await store.count("a") == 3


async def test_an_open_store_outlives_an_outage(server: WeaviateServer, open_store: Open) -> None:
    store = open_store(server)
    await store.upsert("a", vectors(3))
    server.stop()
    with pytest.raises(VectorStoreError, match="cannot be reached") as caught:
        await store.search("a", [1.0, 0.0], limit=1)
    assert caught.value.retryable
    server.start()
    assert [hit.id for hit in await store.search("a", [1.0, 0.0], limit=1)] == ["v00000"]
    await store.upsert("a", vectors(5))
    assert await store.count("a") == 5


async def test_a_closed_grpc_port_is_named(server: WeaviateServer, open_store: Open) -> None:
    await open_store(server).upsert("a", vectors(3))
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        store = open_store(server, grpc_port=port, timeout_seconds=0.9)
        assert await store.count("nowhere") == 0
        with pytest.raises(VectorStoreError, match=rf"127\.0\.0\.1:{port}.*grpc_port") as caught:
            await store.search("a", [1.0, 0.0], limit=1)
    assert caught.value.retryable


async def test_an_overloaded_server_is_tried_again_by_the_caller(server: WeaviateServer, open_store: Open) -> None:
    store = open_store(server)
    server.fail_next(1)
    with pytest.raises(VectorStoreError, match="503") as caught:
        await store.upsert("a", vectors(3))
    assert caught.value.retryable
    await store.upsert("a", vectors(3))
    server.fail_next(2)
    for _ in range(2):
        with pytest.raises(VectorStoreError, match="503"):
            await store.count("a")
    assert await store.count("a") == 3


@pytest.mark.parametrize("key", [None, "let-me-in-wrong"])
async def test_a_missing_or_wrong_key_is_told_and_never_shown(
    locked_server: WeaviateServer, open_store: Open, key: str | None
) -> None:
    store = open_store(locked_server, api_key=key and SecretStr(key))
    with pytest.raises(VectorStoreError, match=r"refuses us; check `vector_stores\.weaviate\.api_key`") as caught:
        await store.search("a", [1.0], limit=1)
    assert not caught.value.retryable
    assert "let-me-in" not in "".join(traceback.format_exception(caught.value))


async def test_the_right_key_opens_both_ports(locked_server: WeaviateServer, open_store: Open) -> None:
    store = open_store(locked_server, api_key=SecretStr(KEY))
    await store.upsert("a", vectors(3))
    assert await store.ids("a", "g") == {"v00000", "v00001", "v00002"}


@pytest.mark.parametrize("key", ["two\nlines", "ends with a space ", "Schlüssel"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(api_key=SecretStr(key))
    assert key not in str(caught.value)


@pytest.mark.parametrize("refused", [1, 3])
async def test_a_batch_that_fails_in_part_or_whole_is_an_error_and_can_be_repeated(
    server: WeaviateServer, open_store: Open, refused: int
) -> None:
    store = open_store(server)
    server.refuse_objects(refused)
    with pytest.raises(VectorStoreError, match="store is read-only") as caught:
        await store.upsert("a", vectors(3))
    assert caught.value.retryable
    assert await store.count("a") == 3 - refused
    await store.upsert("a", vectors(3))
    assert await store.count("a") == 3


async def test_a_note_survives_new_clients_and_a_restart(server: WeaviateServer, open_store: Open) -> None:
    store = open_store(server)
    await store.upsert("a", vectors(3))
    await store.set_note("a", "41 🐦\0")
    await store.set_note("a", "42 🐦\0")
    await store.close()
    server.stop()
    server.start()
    assert await store.note("a") == await open_store(server).note("a") == "42 🐦\0"
    assert [hit.id for hit in await store.search("a", [1.0, 0.0], limit=9)] == ["v00000", "v00001", "v00002"]


async def test_more_than_one_answer_holds_is_found_ordered_listed_and_removed(
    server: WeaviateServer, open_store: Open
) -> None:
    store = open_store(server)
    ids = [f"{number:05d}" for number in range(10_010)]
    await store.upsert("a", [Vector(name, "g", [2.0, 1.0]) for name in reversed(ids)])
    await store.upsert("a", [Vector("other", "h", [1.0, 0.0])])
    await store.set_note("a", "noted")
    assert [hit.id for hit in await store.search("a", [1.0, 0.0], limit=100_000)] == ["other", *ids]
    assert [hit.id for hit in await store.search("a", [1.0, 0.0], limit=2, groups=["g", "x"])] == ids[:2]
    assert await store.ids("a", "g") == set(ids)
    await store.delete_group("a", "g")
    assert await store.count("a") == 1
    assert await store.note("a") == "noted"


async def test_of_two_first_writers_the_faster_one_fixes_the_dimension(
    server: WeaviateServer, open_store: Open
) -> None:
    flat, deep = [Vector("x", "g", [1.0, 0.0])], [Vector("y", "g", [1.0, 0.0, 0.0])]
    writes = (open_store(server).upsert("a", flat), open_store(server).upsert("a", deep))
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [DimensionMismatch]
    assert await open_store(server).count("a") == 1


async def test_what_others_keep_on_the_server_is_left_alone(server: WeaviateServer, open_store: Open) -> None:
    ours, theirs = open_store(server), open_store(server, prefix="Rookerys")
    await ours.upsert("a", vectors(3))
    await theirs.upsert("a", vectors(2))
    await ours.drop("a")
    await ours.upsert("a", vectors(3))
    await ours.reset()
    assert await ours.count("a") == 0
    assert await theirs.count("a") == 2


async def test_a_class_that_was_changed_is_a_clear_error_until_the_store_is_reset(
    server: WeaviateServer, open_store: Open
) -> None:
    store = open_store(server)
    await store.upsert("a", vectors(3))
    async with httpx.AsyncClient(base_url=f"{server.http_url}/v1/") as client:
        (definition,) = (await client.get("schema")).json()["classes"]
        (
            await client.put(f"schema/{definition['class']}", json=definition | {"description": "mine"})
        ).raise_for_status()
    with pytest.raises(VectorStoreError, match="rookery memory rebuild") as caught:
        await store.search("a", [1.0, 0.0], limit=1)
    assert not caught.value.retryable
    await store.reset()
    await store.upsert("a", vectors(2))
    assert await store.count("a") == 2


def test_a_store_serves_one_event_loop_after_another(server: WeaviateServer) -> None:
    store = WeaviateVectorStore(Settings(url=server.http_url, grpc_port=server.grpc_port))

    async def write_and_close(number: int) -> int:
        await store.upsert("a", vectors(number))
        counted = await store.count("a")
        await store.close()
        return counted

    assert [asyncio.run(write_and_close(number)) for number in (2, 4)] == [2, 4]
