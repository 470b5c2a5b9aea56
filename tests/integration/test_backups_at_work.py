"""A backup of a home at which a server, a run, a sync and people are at work, restored elsewhere; and kills."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.runs import Run
from rookery.entrypoints import homes
from rookery.entrypoints.container import close, prepare
from rookery.entrypoints.settings import Settings
from tests.support.colony import after_plan, ask, make_container
from tests.support.kept_homes import back_up, held, lived_in, put_back
from tests.support.server import CORPUS, MAIN, ROOT, Server, environment, rookery, start_server

QUESTION = "Where did the man who built the tide gauge at Kittiwake Point learn his trade?"
FAST = {"ROOKERY_RESEARCH__EMBEDDER": "hashing"}
PATIENCE = 60  # seconds, after which something hangs


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


def told(*arguments: str, home: Path, settings: dict[str, str]) -> Any:
    done = rookery(*arguments, "--json", home=home, settings=settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def with_share(share: Path) -> dict[str, str]:
    return FAST | {"ROOKERY_SYNC__STORE": "directory", "ROOKERY_OBJECT_STORES__DIRECTORY__PATH": str(share)}


def noted_as(number: int) -> str:
    return f"Mara: I saw {number} rooks."


@contextmanager
def noting(server: Server) -> Iterator[list[str]]:
    """Have somebody note one thing after the other; give the ids of what was acknowledged."""
    stop, begun, acknowledged = threading.Event(), threading.Event(), list[str]()

    def note() -> None:
        with httpx.Client(base_url=server.url, headers=server.headers, timeout=PATIENCE) as client:
            while not stop.is_set():
                noted = client.post("/v1/memories", json={"content": noted_as(len(acknowledged))})
                acknowledged.append(noted.raise_for_status().json()["id"])
                if len(acknowledged) == 3:
                    begun.set()

    person = threading.Thread(target=note)
    person.start()
    try:
        assert begun.wait(PATIENCE)
        yield acknowledged
    finally:
        stop.set()
        person.join()


@contextmanager
def syncing(home: Path, settings: dict[str, str]) -> Iterator[None]:
    """Have the home exchange its memories again and again, in a process that has done so once."""
    command = [*MAIN, "memory", "sync", "--watch", "--interval", "1"]
    variables = environment(home, settings)
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "sent" in process.stdout.readline()
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)


async def asked_while_backed_up(home: Path, file: Path) -> Run:
    """Ask a question, and make a backup in the moment in which the first researcher sets out."""
    container = make_container(home, embedder="hashing")
    await prepare(container)

    begun = asyncio.Event()

    async def back_up(_: RunStorePort, __: str) -> None:
        if not begun.is_set():
            begun.set()
            done = await asyncio.to_thread(rookery, "backup", "-o", str(file), home=home, settings=FAST)
            assert done.returncode == 0, done.stderr

    try:
        with after_plan(container, back_up):
            return await ask(container, QUESTION, CORPUS)
    finally:
        await close(container)


def test_a_home_that_is_copied_at_work_is_whole_elsewhere_and_its_run_ends_the_same(
    tmp_path: Path, share: Path
) -> None:
    home, there, file = tmp_path / "home", tmp_path / "there", tmp_path / "home.zip"
    settings = with_share(share)
    with start_server(home, settings=settings) as server, noting(server) as noted, syncing(home, settings):
        before = len(noted)  # acknowledged before the backup begins
        run = asyncio.run(asked_while_backed_up(home, file))
        assert run.result is not None
    put = rookery("restore", str(file), home=there, settings=settings)
    assert put.returncode == 0, put.stderr

    diagnosis = told("doctor", home=there, settings=settings)
    states = {finding["name"]: finding["state"] for finding in diagnosis["findings"]}
    assert diagnosis["ok"]
    assert states["databases"] == states["documents"] == states["memory"] == states["sync"] == "ok"

    [kept] = told("runs", "list", home=there, settings=settings)
    assert (kept["id"], kept["status"]) == (run.id, "interrupted")
    again = told("runs", "resume", run.id, home=there, settings=settings)
    assert again["output"] == run.result.output
    assert told("runs", "verify", run.id, home=there, settings=settings)["faults"] == []

    rebuilt = told("memory", "rebuild", home=there, settings=settings)
    assert rebuilt["journal_problems"] == []
    assert {noted_as(number) for number in range(before)} <= contents(there, settings)
    for other in (there, home, there):  # and what came after it is with the others
        told("memory", "sync", home=other, settings=settings)
    assert contents(there, settings) == contents(home, settings)
    assert len(contents(there, settings)) >= len(noted)

    with start_server(there, token=server.token, settings=settings) as moved:
        assert httpx.get(f"{moved.url}/v1/runs", headers=moved.headers).json()["items"]


def contents(home: Path, settings: dict[str, str]) -> set[str]:
    exported = rookery("memory", "export", home=home, settings=settings)
    assert exported.returncode == 0, exported.stderr
    return {
        memory["content"] for memory in map(json.loads, exported.stdout.splitlines()) if "rooks" in memory["content"]
    }


_DIE = """
import itertools, os, signal, sys
from pathlib import Path
from tests.support.kept_homes import back_up, put_back

what, home, file, after = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
steps = itertools.count()

def counted(real):
    def call(*given, **more):
        if next(steps) == after:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **more)
    return call

for name in ("mkdir", "rename", "replace", "unlink"):
    setattr(Path, name, counted(getattr(Path, name)))
if what == "backup":
    back_up(home, file, tell=counted(lambda _: None))
else:
    put_back(file, home, replace=True)
"""


def killed(what: str, home: Path, file: Path, *, after: int) -> bool:
    """Make or restore a backup in a process that is killed after so many steps; tell whether it came to so many."""
    command = [sys.executable, "-c", _DIE, what, str(home), str(file), str(after)]
    died = subprocess.run(command, cwd=ROOT, env=environment(home), timeout=PATIENCE, check=False)
    assert died.returncode in (0, -signal.SIGKILL)
    return died.returncode != 0


@pytest.mark.parametrize("after", [1, 4, 12, 24, 36])
def test_a_backup_that_is_killed_leaves_no_half_of_one_and_the_next_one_is_whole(after: int, tmp_path: Path) -> None:
    home, file = lived_in(tmp_path / "home"), tmp_path / "home.zip"
    assert killed("backup", home, file, after=after)
    assert not file.exists()
    back_up(home, file)
    assert put_back(file, tmp_path / "there") is None
    assert held(tmp_path / "there") == held(home)
    assert sorted(tmp_path.glob("home.zip*")) == [file]


@pytest.mark.parametrize("after", [1, 6, 8, 12, 18, 24, 30])
def test_a_restore_that_is_killed_leaves_the_home_as_it_was_or_as_the_backup_has_it(after: int, tmp_path: Path) -> None:
    source, file = lived_in(tmp_path / "source"), tmp_path / "home.zip"
    back_up(source, file)
    home = lived_in(tmp_path / "home")
    (home / "access.db").unlink()
    wanted, before = held(source), held(home)
    assert killed("restore", home, file, after=after)
    homes.open_home(Settings(home=home))
    assert held(home) in (before, wanted)
    put_back(file, home, replace=True)
    assert held(home) == wanted


def test_the_doctor_ends_what_a_killed_restore_has_begun(tmp_path: Path) -> None:
    source, home, file = lived_in(tmp_path / "source"), tmp_path / "home", tmp_path / "home.zip"
    back_up(source, file)
    assert killed("restore", home, file, after=4)
    diagnosis = told("doctor", "--fix", home=home, settings=FAST)
    assert any("restore" in mend for mend in diagnosis["mended"])
    assert diagnosis["ok"]
    assert not (home / ".restore").exists()
