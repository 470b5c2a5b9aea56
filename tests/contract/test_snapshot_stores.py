"""What every snapshot store does."""

import sqlite3
from datetime import UTC, datetime

import pytest

from rookery.adapters.object_stores.in_memory import InMemoryObjectStore
from rookery.adapters.snapshot_stores.in_memory import InMemorySnapshotStore
from rookery.adapters.snapshot_stores.sqlite import SqliteSnapshotStore
from rookery.application.sharing.snapshots import SharedSnapshotStore
from rookery.domain.errors import NotFound, StorageError
from rookery.domain.sources import Snapshot, text_digest

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "sqlite", "shared"])
def store(request, tmp_path):
    if request.param == "memory":
        yield InMemorySnapshotStore()
        return
    home = SqliteSnapshotStore(tmp_path)
    yield home if request.param == "sqlite" else SharedSnapshotStore(home, InMemoryObjectStore())
    home.close()


def a_snapshot(text: str, title: str = "Rooks") -> Snapshot:
    return Snapshot(
        sha256=text_digest(text),
        url="file:///rooks.md",
        title=title,
        media_type="text/markdown",
        text=text,
        retrieved_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


@pytest.mark.parametrize("text", ["Rooks nest.", "", "a\r\nb\rc\n", "𝄞🐦 þ", "\u202eRTL", "x" * 1_000_000])
async def test_a_text_comes_back_character_for_character(store, text):
    await store.put(a_snapshot(text))
    assert await store.get(text_digest(text)) == a_snapshot(text)


async def test_a_text_that_is_there_already_is_left_as_it_is(store):
    await store.put(a_snapshot("Rooks nest.", title="first"))
    await store.put(a_snapshot("Rooks nest.", title="second"))
    assert (await store.get(text_digest("Rooks nest."))).title == "first"


async def test_an_unknown_digest_is_not_found(store):
    with pytest.raises(NotFound):
        await store.get("0" * 64)


async def test_a_text_that_was_tampered_with_is_never_returned(tmp_path):
    store = SqliteSnapshotStore(tmp_path)
    await store.put(a_snapshot("Rooks nest."))
    other = SqliteSnapshotStore(tmp_path / "other")
    await other.put(a_snapshot("Gulls nest."))
    store.close()
    other.close()
    with sqlite3.connect(tmp_path / "snapshots.db") as connection:
        connection.execute("ATTACH ? AS other", (str(tmp_path / "other" / "snapshots.db"),))
        connection.execute("UPDATE snapshots SET text = (SELECT text FROM other.snapshots)")
    connection.close()
    with pytest.raises(StorageError, match="damaged"):
        await store.get(text_digest("Rooks nest."))
    store.close()
