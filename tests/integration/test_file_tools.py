"""The tools that work with files: what they give, their limits, and that nobody is quicker than their checks."""

import asyncio
import ctypes
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from rookery.adapters.tools.files.names import parse
from rookery.adapters.tools.files.walls import Walls
from rookery.domain.errors import ConfigurationError, OutsideSandbox, ToolError
from rookery.domain.provenance import OriginKind
from rookery.entrypoints.container import Container
from rookery.entrypoints.diagnosis import diagnose
from rookery.entrypoints.settings import ResearchSettings, Settings
from tests.support.files import Desk, levels
from tests.support.server import ROOT

pytestmark = pytest.mark.anyio
CANARY = "outside"
EACH_LEVEL = pytest.mark.parametrize("walls", levels().values(), ids=levels())
KEY = "AK" + "IA" + "Q7ZLW2XK9VB4NT6R"


def exchange(one: Path, other: Path) -> None:
    """Let two paths change places in one moment, so that there is never nothing at either."""
    here, both = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    names = map(ctypes.c_char_p, (os.fsencode(one), os.fsencode(other)))
    if ctypes.CDLL(None).renameat2(here, next(names), here, next(names), both) != 0:
        raise OSError(f"{one} and {other} cannot be exchanged")


@contextmanager
def flipping(flip: Callable[[], None]) -> Iterator[Callable[[], int]]:
    """Change something over and over in another thread; gives how often that was."""
    ends, count = threading.Event(), 0

    def work() -> None:
        nonlocal count
        while not ends.is_set():
            flip()
            count += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield lambda: count
    finally:
        ends.set()
        thread.join()


@EACH_LEVEL
async def test_a_file_that_is_swapped_for_a_link_is_never_followed(tmp_path: Path, walls: Walls) -> None:
    desk, secret = Desk(tmp_path / "home", walls=walls), tmp_path / "secret.txt"
    secret.write_text(CANARY)
    await desk("write_file", path="a.md", text="honest")
    workspace = tmp_path / "home" / "workspaces" / "run-1"

    (workspace / ".link").symlink_to(secret)
    read, refused = 0, 0
    with flipping(lambda: exchange(workspace / "a.md", workspace / ".link")) as flips:
        while read + refused < 200:
            try:
                outcome = await desk("read_file", path="a.md")
                assert all(CANARY not in passage.text for passage in outcome.passages)
                read += 1
            except (ToolError, OutsideSandbox):
                refused += 1
            found = await desk("search_files", words=CANARY)
            assert "nothing" in found.summary
    assert flips() > 10
    assert secret.read_text() == CANARY


@EACH_LEVEL
async def test_a_folder_that_is_swapped_for_a_link_takes_nothing_out(tmp_path: Path, walls: Walls) -> None:
    desk, outside = Desk(tmp_path / "home", walls=walls), tmp_path / "outside"
    outside.mkdir()
    (outside / "a.md").write_text(CANARY)
    await desk("write_file", path="notes/a.md", text="honest")
    workspace = tmp_path / "home" / "workspaces" / "run-1"
    (workspace / ".link").symlink_to(outside)

    with flipping(lambda: exchange(workspace / "notes", workspace / ".link")) as flips:
        for done in range(200):
            try:
                outcome = await desk("read_file", path="notes/a.md")
                assert all(CANARY not in passage.text for passage in outcome.passages)
                await desk("write_file", path=f"notes/{done % 9}.md", text=f"inside {done}", replace=True)
            except (ToolError, OutsideSandbox):
                continue
    assert flips() > 10
    assert [path.name for path in outside.iterdir()] == ["a.md"]
    assert (outside / "a.md").read_text() == CANARY


@EACH_LEVEL
async def test_what_is_written_can_be_listed_found_read_and_cited(tmp_path: Path, walls: Walls) -> None:
    desk = Desk(tmp_path, walls=walls)
    written = await desk("write_file", path="notes/rooks.md", text="Rooks nest early.\n\nGulls nest late.\n")
    assert (written.summary, written.untrusted) == ("notes/rooks.md has 36 bytes", False)
    assert (await desk("list_files")).text == "notes/rooks.md (36 bytes)"
    found = await desk("search_files", words="NEST LATE")
    assert found.text == "notes/rooks.md:3: Gulls nest late."
    read = await desk("read_file", path="notes/rooks.md", query="gulls")
    passage = read.passages[0]
    snapshot = await desk.snapshots.get(passage.sha256)
    assert snapshot.text[passage.start : passage.end] == passage.text
    assert passage.url == "workspace:run-1/notes/rooks.md"
    assert [(one.kind, one.place) for one in read.origins] == [(OriginKind.FILE, passage.url)]
    assert read.untrusted


async def test_only_its_owner_may_look_into_a_workspace(tmp_path: Path) -> None:
    await Desk(tmp_path)("write_file", path="a/b.md", text="x")
    workspaces = tmp_path / "workspaces"
    folders = [workspaces, workspaces / "run-1", workspaces / "run-1" / "a"]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    assert stat.S_IMODE((workspaces / "run-1" / "a" / "b.md").stat().st_mode) == 0o600


async def test_runs_do_not_see_each_other(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk("write_file", path="a.md", text="of the first")
    assert (await desk("list_files", run="run-2")).text == "There is nothing yet."
    with pytest.raises(ToolError, match=r"no a\.md"):
        await desk("read_file", path="a.md", run="run-2")


@EACH_LEVEL
async def test_folders_of_a_person_are_read_by_their_name_and_never_written(tmp_path: Path, walls: Walls) -> None:
    papers = tmp_path / "papers"
    (papers / "1999").mkdir(parents=True)
    (papers / "1999" / "über uns.md").write_text("Die Möwen kehrten 1999 zurück.")
    desk = Desk(tmp_path / "home", walls=walls, roots={"papers": str(papers)})
    assert "papers: (a folder that is only read)" in (await desk("list_files")).text
    assert "papers:1999/über uns.md (" in (await desk("list_files", folder="papers:")).text
    read = await desk("read_file", path="papers:1999/über uns.md")
    assert read.passages[0].url == (papers / "1999" / "über uns.md").as_uri()
    for path in ("papers:new.md", "papers:1999/über uns.md"):
        with pytest.raises(ToolError, match="only read"):
            await desk("write_file", path=path, text="x", replace=True)
    with pytest.raises(ToolError, match="there is no folder minutes; there are: papers"):
        await desk("read_file", path="minutes:a.md")


async def test_landlock_takes_everything_else_from_the_thread(tmp_path: Path) -> None:
    walls = next((one for one in levels().values() if one.landlock), None)
    if walls is None:
        assert "no Landlock" in str(Walls.of_this_machine())  # and the other levels hold without it
        return
    desk, secret = Desk(tmp_path / "home", walls=walls), tmp_path / "secret.txt"
    secret.write_text(CANARY)
    for deed in (secret.read_text, (tmp_path / "new.txt").touch, lambda: list(tmp_path.iterdir())):
        with pytest.raises(PermissionError):
            await desk.files.write(parse("a"), "run-1", lambda _, deed=deed: deed())
    assert secret.read_text() == CANARY  # this thread has not given up anything


async def test_the_same_write_again_changes_nothing_and_another_one_must_say_replace(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk("write_file", path="a.md", text="one")
    before = (tmp_path / "workspaces" / "run-1" / "a.md").stat()
    assert (await desk("write_file", path="a.md", text="one")).summary == "a.md said so already"
    assert (tmp_path / "workspaces" / "run-1" / "a.md").stat().st_mtime_ns == before.st_mtime_ns
    with pytest.raises(ToolError, match="there already"):
        await desk("write_file", path="a.md", text="two")
    await desk("write_file", path="a.md", text="two", replace=True)
    assert (await desk("read_file", path="a.md")).passages[0].text == "two"


async def test_credentials_are_not_written(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    written = await desk("write_file", path="a.md", text=f"the key is {KEY}")
    assert "1 credentials in it were replaced" in written.summary
    assert (tmp_path / "workspaces" / "run-1" / "a.md").read_text() == "the key is [redacted:aws-key]"
    with pytest.raises(ToolError, match="cannot be the name"):
        await desk("write_file", path=f"{KEY}.md", text="x")


async def test_a_search_does_not_show_credentials(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "a.md").write_text(f"the key is {KEY}\n")
    desk = Desk(tmp_path / "home", roots={"papers": str(tmp_path / "papers")})
    assert (await desk("search_files", words="key", folder="papers:")).text.endswith("the key is [redacted:aws-key]")
    assert "nothing" in (await desk("search_files", words=KEY[:12], folder="papers:")).summary


@EACH_LEVEL
async def test_a_workspace_holds_no_more_than_its_quota(tmp_path: Path, walls: Walls) -> None:
    desk = Desk(tmp_path, walls=walls, max_workspace_mb=1, max_workspace_files=5)
    for number in range(4):
        await desk("write_file", path=f"{number}.md", text="x" * 200_000)
    with pytest.raises(ToolError, match="would be more"):
        await desk("write_file", path="a/b/c.md", text="x")
    await desk("write_file", path="4.md", text="x")
    with pytest.raises(ToolError, match="5 files"):
        await desk("write_file", path="5.md", text="x")
    await desk("write_file", path="4.md", text="x" * 200_000, replace=True)
    with pytest.raises(ValidationError):
        await desk("write_file", path="4.md", text="x" * 200_001, replace=True)


async def test_agents_that_write_at_once_keep_the_quota_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_workspace_files=6)
    writes = [desk("write_file", path=f"{number}.md", text="x", key=str(number)) for number in range(20)]
    done = await asyncio.gather(*writes, return_exceptions=True)
    assert sum(not isinstance(one, Exception) for one in done) == 6
    assert len(list((tmp_path / "workspaces" / "run-1").iterdir())) == 6


async def test_huge_and_binary_files_are_refused_in_words(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk("list_files")
    workspace = tmp_path / "workspaces" / "run-1"
    with (workspace / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    (workspace / "picture.png").write_bytes(b"\x89PNG\0\0")
    (workspace / "latin.txt").write_bytes("Möwe".encode("latin-1"))
    (workspace / "wide.txt").write_bytes("Möwe".encode("utf-16"))
    with pytest.raises(ToolError, match=r"1,099,511,627,776 bytes, more than the 1,000,000"):
        await desk("read_file", path="sparse")
    for name in ("picture.png", "latin.txt"):
        with pytest.raises(ToolError, match="no text in UTF-8"):
            await desk("read_file", path=name)
    assert (await desk("read_file", path="wide.txt")).passages[0].text == "Möwe"
    found = await desk("search_files", words="möwe")
    assert found.text == "wide.txt:1: Möwe\n3 files were not looked into: no text, or too large."
    assert "1 files were not" in (await desk("search_files", words="x", folder="sparse")).text


async def test_a_search_says_when_there_is_more(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk("write_file", path="a.md", text="rook\n" * 500)
    await desk("write_file", path="b.txt", text="-" * 10_000 + "a rook" + "-" * 10_000)
    found = await desk("search_files", words="rook", ending=".md")
    assert found.summary == "50 lines in 1 files"
    assert found.text.endswith("There are more; use rarer words, or a folder below.")
    [line] = (await desk("search_files", words="rook", folder="b.txt")).text.splitlines()
    assert "a rook" in line
    assert len(line) < 300
    pattern = await desk("search_files", words="(a+)+$")  # words, not a pattern
    assert pattern.summary == "nothing found"


async def test_names_that_differ_in_case_do_not_stand_side_by_side(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk("write_file", path="Notes/Plan.md", text="x")
    for path in ("notes/other.md", "Notes/plan.md"):
        with pytest.raises(ToolError, match="differs only in case"):
            await desk("write_file", path=path, text="y")


_WRITE_ON = """
import asyncio, sys
from pathlib import Path
from tests.support.files import Desk

async def write_on():
    desk = Desk(Path(sys.argv[1]))
    for letter in "AB" * 10_000:
        await desk("write_file", path="notes/a.md", text=letter * 150_000, replace=True)
        print(letter, flush=True)

asyncio.run(write_on())
"""


def die_writing(home: Path, lines: int) -> None:
    """Kill a process that writes a file over and over, once it has said so several times."""
    command = [sys.executable, "-c", _WRITE_ON, str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("lines", [1, 2, 3, 5, 8])
async def test_a_crash_leaves_the_old_file_or_the_new_one_whole(tmp_path: Path, lines: int) -> None:
    die_writing(tmp_path, lines)
    text = (tmp_path / "workspaces" / "run-1" / "notes" / "a.md").read_text()
    assert text in ("A" * 150_000, "B" * 150_000)
    desk = Desk(tmp_path)
    assert (await desk("list_files")).text == "notes/a.md (150,000 bytes)"
    await desk("write_file", path="notes/a.md", text="after it", replace=True)
    left = (tmp_path / "workspaces" / "run-1" / "notes").iterdir()
    assert [path.name for path in left] == ["a.md"]


@pytest.mark.parametrize("name", ["C", "Papers", "a b", "", "x" * 40])
def test_folders_with_confusing_names_are_refused(tmp_path: Path, name: str) -> None:
    tools = {"files": {"roots": {name: str(tmp_path)}}}
    with pytest.raises(ConfigurationError, match=r"\[tools.files\] are wrong"):
        a_container(tmp_path, tools=tools).files()


def a_container(home: Path, **settings: object) -> Container:
    research = ResearchSettings(offline=True, embedder=None, vector_store="memory")
    return Container(settings=Settings(home=home, research=research, **settings))


async def test_the_doctor_says_what_guards_files(tmp_path: Path) -> None:
    container = a_container(tmp_path, tools={"files": {"roots": {"papers": str(tmp_path)}}})
    [finding] = [one for one in await diagnose(container) if one.name == "files"]
    walls = Walls.of_this_machine()
    assert finding.detail == f"agents stay in their workspace, papers: (only read), guarded by {walls}"
    assert str(Walls(openat2=False, landlock=0)) == "a checked walk (this kernel offers no openat2), no Landlock"
