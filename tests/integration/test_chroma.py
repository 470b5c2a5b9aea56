"""Chroma's folder: shared, closed, removed and broken."""

import asyncio
import random
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from rookery.adapters.vector_stores.chroma import ChromaVectorStore, Settings
from rookery.domain.errors import VectorStoreError
from rookery.domain.ports.vector_store import Vector

pytestmark = pytest.mark.anyio

Open = Callable[[], ChromaVectorStore]

WRITE_IN_ANOTHER_PROCESS = """
import asyncio, random, sys
from pathlib import Path
from rookery.adapters.vector_stores.chroma import ChromaVectorStore, Settings
from rookery.domain.ports.vector_store import Vector

def spread(number):
    gauss = random.Random(number).gauss
    return [gauss(0.0, 1.0) for _ in range(16)]

async def main(home, first, count):
    store = ChromaVectorStore(Settings(), home=Path(home))
    for start in range(first, first + count, 100):
        await store.upsert("a", [Vector(f"v{n}", "g", spread(n)) for n in range(start, start + 100)])

asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
"""

NOTE_IN_ANOTHER_PROCESS = """
import asyncio, sys
from pathlib import Path
from rookery.adapters.vector_stores.chroma import ChromaVectorStore, Settings

asyncio.run(ChromaVectorStore(Settings(), home=Path(sys.argv[1])).set_note("a", "8"))
"""

RESET_IN_ANOTHER_PROCESS = """
import asyncio, sys
from pathlib import Path
from rookery.adapters.vector_stores.chroma import ChromaVectorStore, Settings

asyncio.run(ChromaVectorStore(Settings(), home=Path(sys.argv[1])).reset())
"""


@pytest.fixture
async def open_store(tmp_path: Path) -> AsyncIterator[Open]:
    opened: list[ChromaVectorStore] = []

    def open_one() -> ChromaVectorStore:
        opened.append(ChromaVectorStore(Settings(), home=tmp_path))
        return opened[-1]

    yield open_one
    for store in opened:
        await store.close()


def spread(number: int) -> list[float]:
    """A direction like no other: of vectors that nearly coincide, an HNSW index may miss some for good."""
    gauss = random.Random(number).gauss
    return [gauss(0.0, 1.0) for _ in range(16)]


def vectors(first: int, count: int) -> list[Vector]:
    return [Vector(f"v{number}", "g", spread(number)) for number in range(first, first + count)]


async def ids(store: ChromaVectorStore) -> set[str]:
    """What the index itself finds, and not merely what is stored beside it."""
    return {hit.id for hit in await store.search("a", spread(0), limit=100_000)}


async def _write_elsewhere(home: Path, first: int, count: int) -> asyncio.subprocess.Process:
    return await _run_elsewhere(WRITE_IN_ANOTHER_PROCESS, home, str(first), str(count))


async def _run_elsewhere(program: str, home: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(home), *arguments)


def test_nothing_is_opened_before_the_first_call(tmp_path: Path) -> None:
    ChromaVectorStore(Settings(), home=tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_a_closed_store_keeps_its_vectors(open_store: Open) -> None:
    store = open_store()
    await store.upsert("a", vectors(0, 1500))
    await store.close()
    assert len(await ids(store)) == 1500
    await store.close()
    await store.close()
    assert len(await ids(open_store())) == 1500


async def test_two_stores_of_one_folder_see_each_other(open_store: Open) -> None:
    one, other = open_store(), open_store()
    await one.upsert("a", vectors(0, 10))
    await other.upsert("a", vectors(10, 10))
    assert await ids(one) == await ids(other) == {f"v{number}" for number in range(20)}
    await one.close()
    assert len(await ids(other)) == 20


async def test_processes_that_write_in_turn_lose_nothing(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    await store.upsert("a", vectors(0, 1200))
    await (await _write_elsewhere(tmp_path, 1200, 1200)).wait()
    assert len(await ids(store)) == 2400
    await store.upsert("a", vectors(2400, 1200))
    assert len(await ids(store)) == 3600
    await store.close()
    assert len(await ids(store)) == 3600


async def test_processes_that_write_at_the_same_time_lose_nothing(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    other = await _write_elsewhere(tmp_path, 10_000, 1500)
    for first in range(0, 1500, 100):
        await store.upsert("a", vectors(first, 100))
    await other.wait()
    assert len(await ids(store)) == 3000
    await store.close()
    assert len(await ids(store)) == 3000


async def test_a_folder_removed_while_open_is_an_error_until_it_is_closed(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    await store.upsert("a", vectors(0, 10))
    shutil.rmtree(tmp_path / "chroma")
    with pytest.raises(VectorStoreError, match="removed while they were open"):
        await store.search("a", spread(0), limit=1)
    with pytest.raises(VectorStoreError, match="rookery memory rebuild"):
        await store.upsert("a", vectors(0, 10))
    await store.close()
    assert await ids(store) == set()
    await store.upsert("a", vectors(0, 10))
    assert len(await ids(store)) == 10


@pytest.mark.parametrize("content", [b"", b"not a database " * 1000])
async def test_a_broken_folder_is_a_clear_error_and_can_be_replaced(
    open_store: Open, tmp_path: Path, content: bytes
) -> None:
    store = open_store()
    await store.upsert("a", vectors(0, 10))
    await store.close()
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(content)
    if content:
        for _ in range(2):
            with pytest.raises(VectorStoreError, match="rookery memory rebuild"):
                await store.search("a", spread(0), limit=1)
        shutil.rmtree(tmp_path / "chroma")
    await store.upsert("a", vectors(0, 10))
    assert len(await ids(store)) == 10


async def test_a_note_outlives_the_store(open_store: Open) -> None:
    store = open_store()
    await store.upsert("a", vectors(0, 10))
    await store.set_note("a", "7")
    await store.close()
    assert await store.note("a") == await open_store().note("a") == "7"
    await store.drop("a")
    await store.close()
    assert await store.note("a") is None
    assert await store.count("a") == 0


async def test_a_note_of_another_process_is_seen(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    await store.upsert("a", vectors(0, 10))
    await store.set_note("a", "7")
    await (await _run_elsewhere(NOTE_IN_ANOTHER_PROCESS, tmp_path)).wait()
    assert await store.note("a") == "8"
    assert await store.count("a") == 10


def _garbage(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file() and not file.name.startswith("turns"):
            file.write_bytes(b"not what Chroma wrote " * 1000)


def _broken_turns(folder: Path) -> None:
    (folder / "turns.sqlite3").write_bytes(b"not a lock " * 1000)
    (folder / "turns.count").write_bytes(b"many")


def _a_directory_for_a_file(folder: Path) -> None:
    (folder / "chroma.sqlite3").unlink()
    (folder / "chroma.sqlite3").mkdir()


@pytest.mark.parametrize("damage", [_garbage, _broken_turns, _a_directory_for_a_file])
async def test_a_damaged_folder_is_an_error_until_it_is_reset(
    open_store: Open, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    store = open_store()
    await store.upsert("a", vectors(0, 1200))
    await store.set_note("a", "7")
    await store.close()
    damage(tmp_path / "chroma")
    for _ in range(2):
        with pytest.raises(VectorStoreError, match="rookery memory rebuild"):
            await store.search("a", spread(0), limit=1)
    await store.reset()
    assert await store.note("a") is None
    assert await ids(store) == set()
    await store.upsert("a", vectors(0, 10))
    assert len(await ids(store)) == 10


async def test_a_folder_damaged_while_open_is_an_error_until_it_is_reset(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    await store.upsert("a", vectors(0, 1200))
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"not a database " * 1000)
    with pytest.raises(VectorStoreError, match="rookery memory rebuild"):
        await store.search("a", spread(0), limit=1)
    with pytest.raises(VectorStoreError, match="rookery memory rebuild"):
        await store.upsert("a", vectors(0, 10))
    with pytest.raises(VectorStoreError, match="rookery memory rebuild"):
        await store.note("a")
    await store.reset()
    assert await store.count("a") == 0
    await store.upsert("a", vectors(0, 10))
    assert len(await ids(store)) == 10


async def test_a_folder_removed_while_open_is_usable_after_a_reset(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    await store.upsert("a", vectors(0, 10))
    shutil.rmtree(tmp_path / "chroma")
    with pytest.raises(VectorStoreError, match="rookery memory rebuild"):
        await store.upsert("a", vectors(0, 10))
    await store.reset()
    assert await ids(store) == set()
    await store.upsert("a", vectors(0, 10))
    await store.close()
    assert len(await ids(store)) == 10


async def test_a_dropped_collection_leaves_the_disk_and_the_others_stay(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    await store.upsert("a", vectors(0, 1200))
    await store.upsert("b", vectors(0, 1200))
    assert len(_indexes(tmp_path)) == 2
    await store.drop("a")
    assert len(_indexes(tmp_path)) == 1
    await store.close()
    assert len(await store.search("b", spread(0), limit=1200)) == 1200


def _indexes(home: Path) -> list[Path]:
    return [entry for entry in (home / "chroma").iterdir() if entry.is_dir()]


async def test_a_reset_gives_the_disk_back_and_keeps_what_is_not_the_folders(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    await store.upsert("a", vectors(0, 1500))
    (tmp_path / "beside").write_text("mine")
    (tmp_path / "chroma" / "link").symlink_to(tmp_path)
    await store.reset()
    left = {entry.name for entry in (tmp_path / "chroma").iterdir()}
    assert left == {"turns.sqlite3", "turns.count"}
    assert (tmp_path / "beside").read_text() == "mine"


async def test_a_reset_in_another_process_is_seen(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    await store.upsert("a", vectors(0, 1200))
    assert len(await ids(store)) == 1200
    await (await _run_elsewhere(RESET_IN_ANOTHER_PROCESS, tmp_path)).wait()
    assert await ids(store) == set()
    await store.upsert("a", vectors(0, 10))
    assert len(await ids(store)) == 10


async def test_a_process_that_writes_while_another_resets_ends_with_a_sound_store(
    open_store: Open, tmp_path: Path
) -> None:
    store = open_store()
    other = await _write_elsewhere(tmp_path, 0, 1500)
    for first in range(10_000, 10_500, 100):
        await store.upsert("a", vectors(first, 100))
        await store.reset()
    assert await other.wait() == 0
    assert await store.count("a") == len(await ids(store))


async def test_a_file_where_the_folder_should_be_is_a_clear_error(open_store: Open, tmp_path: Path) -> None:
    (tmp_path / "chroma").write_text("a file")
    with pytest.raises(VectorStoreError, match="cannot be used"):
        await open_store().upsert("a", vectors(0, 1))


async def test_an_error_of_chroma_is_translated_with_its_cause(open_store: Open) -> None:
    store = open_store()
    with pytest.raises(VectorStoreError, match="Chroma failed") as caught:
        await store.upsert("a", [Vector("", "g", spread(1))])
    assert caught.value.__cause__ is not None
    await store.upsert("a", vectors(0, 3))
    assert len(await ids(store)) == 3
