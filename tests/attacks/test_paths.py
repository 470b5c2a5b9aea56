"""No path leads out of a workspace, whatever guards it."""

import asyncio
import os
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from rookery.adapters.tools.files.walls import Walls
from rookery.domain.errors import OutsideSandbox, ToolError
from rookery.domain.ports.tool import Outcome
from tests.attacks.paths import CANARY, Attack, attacks, plant
from tests.support.files import Desk, levels

pytestmark = pytest.mark.anyio
CORPUS = attacks()
REFUSED = (ToolError, OutsideSandbox, ValidationError)


def all_below(folder: Path, *, without: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """What lies outside: names, kinds, sizes, times and contents."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path == without or without in path.parents:
            continue
        seen = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(seen.st_mode) else b""
        found[str(path)] = (seen.st_mode, seen.st_size, seen.st_mtime_ns, content)
    return found


class Place:
    """A planted workspace and how everything around it looked before."""

    def __init__(self, base: Path, walls: Walls) -> None:
        self.base = base
        self.workspace = plant(base / "home", base / "outside")
        self.desk = Desk(base / "home", walls=walls, roots={"papers": str(self.workspace)}, max_workspace_mb=10**7)
        self.before = all_below(base, without=self.workspace)


@pytest.fixture(scope="module", params=levels().values(), ids=levels())
def place(request, tmp_path_factory):
    return Place(tmp_path_factory.mktemp("planted"), request.param)


async def refusal(place: Place, tool: str, **arguments: object) -> Exception | Outcome:
    async with asyncio.timeout(30):  # nothing hangs
        try:
            return await place.desk(tool, **arguments)
        except REFUSED as error:
            return error


def said(answer: Exception | Outcome) -> str:
    if isinstance(answer, Exception):
        return str(answer)
    return "\n".join([answer.summary, answer.text, *(passage.text for passage in answer.passages)])


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 120
    assert len({attack.kind for attack in CORPUS}) >= 15


@pytest.mark.parametrize("attack", CORPUS, ids=[f"{number}-{one.kind}" for number, one in enumerate(CORPUS)])
async def test_nothing_outside_is_read_changed_or_made(place: Place, attack: Attack) -> None:
    path = attack.path.replace("OUTSIDE", str(place.base / "outside"))
    read = await refusal(place, "read_file", path=path)
    written = await refusal(place, "write_file", path=path, text="written by an agent", replace=True)
    listed = await refusal(place, "list_files", folder=path)
    searched = await refusal(place, "search_files", words="canary", folder=path)
    answers = [said(answer) for answer in (read, written, listed, searched)]
    assert not any(CANARY in answer or "root:" in answer for answer in answers)
    assert "canary.txt (" not in said(listed)
    assert all_below(place.base, without=place.workspace) == place.before
    refused = (isinstance(read, Exception), isinstance(written, Exception))
    assert refused == {"both": (True, True), "read": (True, False), "neither": (False, False)}[attack.refused]


async def test_what_is_planted_inside_stays_as_it_is_and_honest_work_goes_on(place: Place) -> None:
    desk = place.desk
    assert (await desk("write_file", path="report/draft.md", text="A draft about rooks.")).ok
    assert (await desk("read_file", path="report/draft.md")).passages[0].text == "A draft about rooks."
    assert (await desk("read_file", path="notes/kept.md")).passages[0].text.strip() == "inside"
    listed = (await desk("list_files")).text
    assert "report/draft.md (20 bytes)" in listed
    assert "hard.txt" not in listed
    assert (place.workspace / "link.txt").is_symlink()
    assert stat.S_ISFIFO((place.workspace / "pipe").lstat().st_mode)
    assert all_below(place.base, without=place.workspace) == place.before


def test_a_device_is_not_even_opened(tmp_path: Path) -> None:
    """Opening some devices already does something: their kind is looked at first."""
    try:
        os.mknod(tmp_path / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except PermissionError:
        (tmp_path / "null").symlink_to("/dev/null")  # who is not root cannot make one
    for walls in levels().values():
        root = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with pytest.raises((ToolError, OutsideSandbox), match=r"device|link"):
                walls.open_file(root, ("null",))
        finally:
            os.close(root)


async def test_another_run_cannot_be_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for run in ("..", "../x", "a/b", "", ".hidden", "/etc"):
        with pytest.raises(Exception, match="no name of a run"):
            await desk("list_files", run=run)
    assert not (tmp_path / "workspaces").exists()
