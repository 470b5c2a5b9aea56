"""The shelf of adapters on disk."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rookery.adapters.adapter_shelves.folder import AdapterFolder
from rookery.domain.errors import StoreDamaged
from rookery.domain.tuning import Bar, Mark, Recipe, TunedAdapter, judge

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def adapter(shelf: AdapterFolder, name: str = "writer-1", content: bytes = b"GGUF one") -> TunedAdapter:
    path = shelf.draft()
    path.write_bytes(content)
    marks = {str(n): [(Mark(likelihood=-2, agreement=1), Mark(likelihood=-1, agreement=1))] for n in range(5)}
    verdict = judge(marks, Bar())
    return TunedAdapter(
        id=name, agent="writer", path=path, base="m", base_sha256="0" * 64, learnt=9, recipe=Recipe(),
        verdict=verdict, trained_at=NOON,
    )  # fmt: skip


def test_what_is_put_there_is_found_by_another_process_and_used_by_its_agent(tmp_path: Path) -> None:
    shelf = AdapterFolder(tmp_path)
    put = shelf.put(adapter(shelf))
    assert put.path.read_bytes() == b"GGUF one"
    other = AdapterFolder(tmp_path)
    assert other.all() == [put]
    assert other.used() == {}
    other.use("writer", put.id)
    assert AdapterFolder(tmp_path).used() == {"writer": put}
    other.use("writer", None)
    assert AdapterFolder(tmp_path).used() == {}


def test_a_home_that_has_moved_keeps_its_adapters(tmp_path: Path) -> None:
    shelf = AdapterFolder(tmp_path / "old")
    put = shelf.put(adapter(shelf))
    shelf.use("writer", put.id)
    (tmp_path / "old").rename(tmp_path / "new")
    used = AdapterFolder(tmp_path / "new").used()
    assert used["writer"].path == tmp_path / "new" / "adapters" / put.id / "adapter.gguf"


def test_a_file_without_a_card_is_no_adapter(tmp_path: Path) -> None:
    shelf = AdapterFolder(tmp_path)
    put = shelf.put(adapter(shelf))
    put.path.with_name("card.json").unlink()
    assert shelf.all() == []


def test_an_adapter_that_was_changed_or_is_gone_is_not_used_and_the_remedy_is_told(tmp_path: Path) -> None:
    shelf = AdapterFolder(tmp_path)
    put = shelf.put(adapter(shelf))
    shelf.use("writer", put.id)
    put.path.write_bytes(b"GGUF two!")
    with pytest.raises(StoreDamaged, match=r"is not what was trained; `rookery tune stop writer`"):
        shelf.used()
    put.path.with_name("card.json").unlink()
    with pytest.raises(StoreDamaged, match=r"is gone; `rookery tune stop writer`"):
        shelf.used()
    shelf.use("writer", None)
    assert shelf.used() == {}


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    shelf = AdapterFolder(tmp_path)
    put = shelf.put(adapter(shelf))
    put.path.with_name("card.json").write_text("{")
    with pytest.raises(StoreDamaged, match=r"card\.json cannot be read; remove its folder"):
        shelf.all()
