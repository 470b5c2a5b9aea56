"""What llama.cpp's worker keeps of conversations outside of the context."""

from pathlib import Path

import pytest

from rookery.adapters.llms.llama_cpp.worker.ledger import Owner
from rookery.adapters.llms.llama_cpp.worker.state_files import Damaged, Saved, read_head, read_state, write_state
from rookery.adapters.llms.llama_cpp.worker.states import Room, States

OWNER = Owner("a session", None)


def saved(owner: Owner = OWNER, *, tokens: tuple[int, ...] = (1, 2, 3), size: int = 100, shape: str = "s") -> Saved:
    return Saved(owner, list(tokens), [4], "text – ü", bytes(range(size)), shape)


def kept(
    folder: Path | None = None, *, ram: int = 1000, disk: int = 10**6, shape: str = "s"
) -> tuple[States, list[str]]:
    notices: list[str] = []
    return States(shape, Room(ram, folder, disk), whole=False, notice=notices.append), notices


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    write_state(tmp_path / "a.kv", saved())
    assert read_state(tmp_path / "a.kv") == saved()
    assert read_head(tmp_path / "a.kv").tokens == [1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == ["a.kv"]


def test_a_file_with_any_byte_changed_or_missing_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.kv"
    write_state(path, saved(size=20))
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with pytest.raises(Damaged, match=r"a\.kv"):
            read_state(path)
        path.write_bytes(whole[:place])
        with pytest.raises(Damaged):
            read_state(path)


def test_a_state_is_taken_once() -> None:
    states, _ = kept()
    states.put(saved())
    assert states.take(OWNER) == saved()
    assert states.take(OWNER) is None


def test_the_least_recently_kept_leaves_the_ram_for_the_disk(tmp_path: Path) -> None:
    states, notices = kept(tmp_path, ram=250)
    owners = [Owner(name, None) for name in "abc"]
    for owner in owners:
        states.put(saved(owner))
    assert len(list(tmp_path.iterdir())) == 1
    assert [states.take(owner) for owner in owners] == [saved(owner) for owner in owners]
    assert list(tmp_path.iterdir()) == []
    assert notices == []


def test_the_disk_holds_no_more_than_it_may(tmp_path: Path) -> None:
    states, _ = kept(tmp_path, ram=0, disk=1500)
    for number in range(10):
        states.put(saved(Owner(str(number), None)))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1500
    assert states.look(Owner("9", None)) is not None


def test_another_process_finds_the_files_and_another_model_does_not_take_them(tmp_path: Path) -> None:
    states, _ = kept(tmp_path, ram=0)
    states.put(saved())
    other, _ = kept(tmp_path, shape="other")
    later, _ = kept(tmp_path)
    assert other.look(OWNER) is None
    assert later.take(OWNER) == saved()


def test_a_damaged_file_is_told_and_removed(tmp_path: Path) -> None:
    states, notices = kept(tmp_path, ram=0)
    states.put(saved())
    [file] = tmp_path.iterdir()
    file.write_bytes(b"nonsense")
    assert states.look(OWNER) is None
    assert len(notices) == 1
    assert file.name in notices[0]
    assert not file.exists()


def test_what_is_lost_because_a_folder_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    states, notices = kept(tmp_path / "file", ram=0)
    states.put(saved())
    assert len(notices) == 1
    assert "lost" in notices[0]


def test_a_state_of_layers_with_a_window_serves_only_who_goes_on() -> None:
    notices: list[str] = []
    states = States("s", Room(1000, None, 0), whole=True, notice=notices.append)
    assert states.of_use([1, 2, 3], [1, 2, 3, 4]) == 3
    assert states.of_use([1, 2, 3], [1, 2, 9]) == 0


def test_a_folder_takes_all_states_and_gives_them_back(tmp_path: Path) -> None:
    states, _ = kept(tmp_path / "own", ram=150)
    states.put(saved(Owner("a", None)))
    states.put(saved(Owner("b", None)))
    assert states.save_all(tmp_path / "all", [saved(Owner("c", "lora"))]) == 3
    later, _ = kept(ram=150)
    assert later.restore_all(tmp_path / "all") == (3, 0)
    assert later.take(Owner("c", "lora")) == saved(Owner("c", "lora"))
    assert later.take(Owner("a", None)) == saved(Owner("a", None))
