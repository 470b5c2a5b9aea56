"""Chroma as a server: shared, restarted, unreachable and guarded."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import chromadb
import pytest
from pydantic import SecretStr

from rookery.adapters.vector_stores.chroma import ChromaVectorStore, Settings
from rookery.domain.errors import DimensionMismatch, VectorStoreError
from rookery.domain.ports.vector_store import Vector
from tests.support.chroma_server import ChromaServer, gate, running_chroma

pytestmark = pytest.mark.anyio

Open = Callable[..., ChromaVectorStore]

EAST = Vector("east", "plane", [1.0, 0.0])


@pytest.fixture
async def open_store(chroma_server: ChromaServer, tmp_path: Path) -> AsyncIterator[Open]:
    opened: list[ChromaVectorStore] = []

    def open_one(url: str = "", token: str | None = None) -> ChromaVectorStore:
        secret = None if token is None else SecretStr(token)
        opened.append(ChromaVectorStore(Settings(url=url or chroma_server.url, token=secret), home=tmp_path))
        return opened[-1]

    await open_one().reset()
    yield open_one
    for store in opened:
        await store.close()


async def test_nothing_is_written_to_the_home(open_store: Open, tmp_path: Path) -> None:
    await open_store().upsert("a", [EAST])
    assert not (tmp_path / "chroma").exists()


async def test_two_stores_see_each_other_and_a_collection_that_the_other_made_anew(open_store: Open) -> None:
    one, other = open_store(), open_store()
    await one.upsert("a", [EAST])
    assert await other.count("a") == 1
    await other.drop("a")
    assert await one.count("a") == 0
    await other.upsert("a", [Vector("deep", "g", [0.0, 0.0, 1.0])])
    with pytest.raises(DimensionMismatch):
        await one.upsert("a", [EAST])
    assert [hit.id for hit in await one.search("a", [0.0, 0.0, 1.0], limit=1)] == ["deep"]


async def test_reset_leaves_what_others_keep_on_the_server(open_store: Open, chroma_server: ChromaServer) -> None:
    store = open_store()
    for name in ("a", "b"):
        await store.upsert(name, [EAST])
    theirs = chromadb.HttpClient(host=chroma_server.url)
    theirs.get_or_create_collection("c-theirs", embedding_function=None, metadata={"collection": "a"})
    await store.reset()
    assert [collection.name for collection in theirs.list_collections()] == ["c-theirs"]
    theirs.delete_collection("c-theirs")
    theirs.close()
    assert await store.count("a") == 0


async def test_an_outage_is_retryable_and_over_when_the_server_is_back(open_store: Open, tmp_path: Path) -> None:
    with running_chroma(tmp_path / "server") as server:
        store = open_store(server.url)
        await store.upsert("a", [EAST])
        await store.set_note("a", "7")
        server.stop()
        for _ in range(2):
            with pytest.raises(VectorStoreError, match=f"cannot be reached at {server.url}") as caught:
                await store.search("a", [1.0, 0.0], limit=1)
            assert caught.value.retryable
        server.start()
        assert [hit.id for hit in await store.search("a", [1.0, 0.0], limit=1)] == ["east"]
        assert await store.note("a") == "7"


@pytest.mark.parametrize(("status", "retryable"), [(401, False), (403, False), (503, True), (404, False)])
async def test_a_refusal_says_whether_trying_again_may_help(open_store: Open, status: int, *, retryable: bool) -> None:
    with gate(status) as url, pytest.raises(VectorStoreError) as caught:
        await open_store(url, "not-the-token").count("a")
    assert caught.value.retryable == retryable
    assert url in str(caught.value)
    assert "not-the-token" not in str(caught.value)
    assert ("vector_stores.chroma.token" in str(caught.value)) == (status in (401, 403))


async def test_the_token_opens_a_gateway(open_store: Open, chroma_server: ChromaServer) -> None:
    with gate(401, token="open-sesame", upstream=chroma_server.url) as url:
        store = open_store(url, "open-sesame")
        await store.upsert("a", [EAST])
        assert await store.ids("a", "plane") == {"east"}
        await store.close()


async def test_an_error_of_the_server_is_translated_with_its_cause(open_store: Open) -> None:
    store = open_store()
    with pytest.raises(VectorStoreError, match="failed") as caught:
        await store.upsert("a", [Vector("", "g", [1.0, 0.0])])
    assert not caught.value.retryable
    assert caught.value.__cause__ is not None
