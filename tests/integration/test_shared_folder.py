"""The shared folder as other programs, and crashes, leave it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from rookery.adapters.object_stores.directory import DirectoryObjectStore, Settings
from rookery.domain.errors import NotFound, OutsideSandbox, StorageError

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shared = tmp_path / "shared"
    shared.mkdir()
    return shared


@pytest.fixture
def store(folder: Path) -> DirectoryObjectStore:
    return DirectoryObjectStore(Settings(path=folder))


async def listed(store: DirectoryObjectStore) -> list[str]:
    return [name async for name in store.names("")]


async def test_an_object_is_a_plain_file(store: DirectoryObjectStore, folder: Path) -> None:
    await store.put_new("segments/1", b"content")
    assert (folder / "segments" / "1").read_bytes() == b"content"
    (folder / "segments" / "2").write_bytes(b"of another machine")
    assert await store.get("segments/2") == b"of another machine"
    assert await store.put_new("segments/2", b"x") is False


async def test_a_write_leaves_nothing_but_the_object(store: DirectoryObjectStore, folder: Path) -> None:
    await store.put_new("segments/1", b"content")
    await store.put_new("segments/1", b"again")
    assert [path.name for path in (folder / "segments").iterdir()] == ["1"]


PROGRAM = """
import asyncio, sys
from pathlib import Path
from rookery.adapters.object_stores.directory import DirectoryObjectStore, Settings

async def main():
    store = DirectoryObjectStore(Settings(path=Path(sys.argv[1])))
    sys.stdin.read()
    print(*[n for n in range(300) if await store.put_new(f"{n}", sys.argv[2].encode())])

asyncio.run(main())
"""


def test_two_processes_never_both_get_a_name(folder: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([*command, "one"], **pipes) as one, subprocess.Popen([*command, "two"], **pipes) as two:
        assert one.stdin
        assert two.stdin
        one.stdin.close()
        two.stdin.close()
        assert one.stdout
        assert two.stdout
        won, others = set(one.stdout.read().split()), set(two.stdout.read().split())
    assert not won & others
    assert won | others == {b"%d" % n for n in range(300)}
    assert {path.name.encode() for path in folder.iterdir() if path.read_bytes() == b"one"} == won


async def test_leftovers_of_a_crash_and_files_of_other_programs_are_passed_over(
    store: DirectoryObjectStore, folder: Path
) -> None:
    await store.put_new("segments/1", b"content")
    (folder / "segments" / ".rookery-0123.tmp").write_bytes(b"half")
    (folder / ".stfolder").mkdir()
    (folder / ".stfolder" / "x").touch()
    (folder / "back\\slash").touch()
    os.mkfifo(folder / "pipe")
    (folder / "empty").mkdir()
    (folder / os.fsdecode(b"no text in UTF-8: \xff")).touch()
    assert await listed(store) == ["segments/1"]


async def test_no_link_leads_out_of_the_folder(store: DirectoryObjectStore, folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (folder / "link").symlink_to(outside)
    (folder / "file").symlink_to(outside / "secret")
    for name in ("link/secret", "file"):
        with pytest.raises(OutsideSandbox, match="leads out"):
            await store.get(name)
    with pytest.raises(OutsideSandbox):
        await store.put_new("link/new", b"x")
    assert sorted(path.name for path in outside.iterdir()) == ["secret"]
    assert await listed(store) == []


async def test_a_folder_that_is_not_there_is_never_made(tmp_path: Path) -> None:
    store = DirectoryObjectStore(Settings(path=tmp_path / "share"))
    for call in (store.put_new("a", b"x"), store.get("a"), anext(aiter(store.names("")))):
        with pytest.raises(StorageError, match="mount the share") as caught:
            await call
        assert not isinstance(caught.value, NotFound)
    assert not (tmp_path / "share").exists()


async def test_a_name_cannot_be_an_object_and_a_folder(store: DirectoryObjectStore) -> None:
    await store.put_new("a/b", b"x")
    with pytest.raises(StorageError, match="is a folder"):
        await store.put_new("a", b"x")
    with pytest.raises(StorageError, match="cannot be used"):
        await store.put_new("a/b/c", b"x")
    assert await listed(store) == ["a/b"]


def test_the_path_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings(path=Path("~/shared")).path == tmp_path / "shared"
    with pytest.raises(ValidationError, match="absolute"):
        Settings(path=Path("shared"))
