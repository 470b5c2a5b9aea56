"""The file of the index of memories: several processes, damage, and more than is held in memory."""

from pathlib import Path

import pytest

from rookery.adapters.embedders.hashing import HashingEmbedder, Settings
from rookery.adapters.memory_indexes.sqlite import SqliteMemoryIndex
from rookery.domain.errors import StoreDamaged
from rookery.domain.memories import EVERYTHING
from rookery.domain.ports.memory_index import (
    IndexState,
)
from tests.support.memory_index import ANALYZER, apply, embed_all, find, holding, sqlite_index, tombstone

pytestmark = pytest.mark.anyio


async def test_what_another_instance_writes_is_seen(tmp_path: Path) -> None:
    one, other = sqlite_index(tmp_path), sqlite_index(tmp_path)
    await apply(one, holding(1, "1", "Ada: rooks"))
    assert list(await find(other, "rooks")) == ["1"]
    await apply(one, holding(2, "2", "Zoë: rooks", minutes=-90), holding(3, "1", "Ada: crows"))
    assert list(await find(other, "rooks")) == ["2"]
    assert (await other.form("a")).speakers == {"ada", "zoë"}
    await embed_all(other)
    assert all(found.cosine is not None for found in (await find(one, "rooks", dense=True)).values())
    await apply(other, tombstone(4, "2"))
    assert await find(one, "rooks") == {}
    one.close()
    other.close()


async def test_a_reset_by_another_instance_is_noticed(tmp_path: Path) -> None:
    one, other = sqlite_index(tmp_path), sqlite_index(tmp_path)
    await apply(one, *(holding(n, f"{n}", f"rooks {n}") for n in range(1, 6)))
    await embed_all(one)
    await find(one, "rooks", dense=True)
    await other.reset()
    await other.apply([holding(1, "new", "elms")], follows="k", cursor=1)
    assert await find(one, "rooks") == {}
    assert list(await find(one, "elms")) == ["new"]
    assert await one.state() == IndexState("k", 1, None)
    assert (await one.form("a")).speakers == frozenset()
    one.close()
    other.close()


async def test_another_model_of_another_instance_is_noticed(tmp_path: Path) -> None:
    one, other = sqlite_index(tmp_path), sqlite_index(tmp_path)
    await apply(one, holding(1, "1", "rooks"))
    await embed_all(one)
    await find(one, "rooks", dense=True)
    eight = HashingEmbedder(Settings(dimension=8))
    await embed_all(other, eight)
    [embedding] = await eight.embed(["rooks"])
    found = await one.candidates("a", [], EVERYTHING, pool=5, window_weight=1.5, embedding=embedding)
    assert [round(candidate.cosine or 0, 5) for candidate in found] == [1.0]
    one.close()
    other.close()


async def test_a_damaged_file_is_told_and_mended_by_a_reset(tmp_path: Path) -> None:
    index = sqlite_index(tmp_path)
    await apply(index, holding(1, "1", "rooks"))
    index.close()
    (tmp_path / "memory-index.db").write_bytes(b"not a database " * 1000)
    with pytest.raises(StoreDamaged, match="damaged"):
        await index.state()
    await index.reset()
    await apply(index, holding(1, "1", "rooks"))
    assert list(await find(index, "rooks")) == ["1"]
    index.close()


async def test_a_file_removed_while_it_is_open_is_an_empty_index(tmp_path: Path) -> None:
    index = sqlite_index(tmp_path)
    await apply(index, holding(1, "1", "rooks"))
    await find(index, "rooks")
    (tmp_path / "memory-index.db").unlink()
    state = await index.state()
    assert state.cursor in (0, 1)
    assert len(await find(index, "rooks")) == state.cursor
    await apply(index, holding(2, "2", "rooks"))
    assert "2" in await find(index, "rooks")
    index.close()


async def test_a_namespace_too_large_for_the_memory_compares_as_a_small_one_does(tmp_path: Path) -> None:
    small, large = sqlite_index(tmp_path), SqliteMemoryIndex(tmp_path, analyzer=ANALYZER, held_in_memory=5)
    await apply(small, *(holding(n, f"{n}", f"rooks {n}", minutes=n) for n in range(1, 40)))
    await embed_all(small)
    await apply(small, holding(40, "40", "rooks"))
    for near in (None, ["3", "30", "40", "unknown"], []):
        expected = await find(small, "rooks 7", pool=10, dense=True, nearest=near)
        found = await find(large, "rooks 7", pool=10, dense=True, nearest=near)
        assert found.keys() == expected.keys()
        for key, candidate in found.items():
            assert candidate.cosine == (pytest.approx(expected[key].cosine, abs=0.002) if key != "40" else None)
            assert candidate._replace(cosine=None) == expected[key]._replace(cosine=None)
    small.close()
    large.close()
