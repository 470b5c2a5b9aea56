"""Taking a home from one machine to another."""

import asyncio
import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from pytest_bdd import given, parsers, then, when

from rookery.domain.ports.run_store import RunStorePort
from tests.support.colony import after_plan
from tests.support.desk import Desk
from tests.support.server import rookery

Told = CompletedProcess[str]


@pytest.fixture
def other_machine(tmp_path: Path) -> Path:
    """A home on a machine with nothing on it."""
    return tmp_path / "other-machine"


@given(parsers.parse('I have noted "{content}"'))
def note(desk: Desk, content: str) -> None:
    assert rookery("memory", "add", content, home=desk.home).returncode == 0


@when(parsers.parse('I make a backup while somebody asks "{question}"'), target_fixture="kept")
def back_up(desk: Desk, question: str, tmp_path: Path) -> Path:
    file, begun = tmp_path / "home.zip", asyncio.Event()

    async def make(_: RunStorePort, __: str) -> None:
        if not begun.is_set():
            begun.set()
            made = await asyncio.to_thread(rookery, "backup", "-o", str(file), home=desk.home)
            assert made.returncode == 0, made.stderr

    with after_plan(desk.container, make):
        desk.ask(question)
    return file


@when("I restore it on another machine")
def restore(kept: Path, other_machine: Path) -> None:
    restored = rookery("restore", str(kept), home=other_machine)
    assert restored.returncode == 0, restored.stderr


@when("I restore it where I still work", target_fixture="told")
def restore_here(desk: Desk, kept: Path) -> Told:
    return rookery("restore", str(kept), "--replace", home=desk.home)


@then("nothing is broken there")
def sound(other_machine: Path) -> None:
    looked = rookery("doctor", "--json", home=other_machine)
    states = {finding["name"]: finding["state"] for finding in json.loads(looked.stdout)["findings"]}
    assert "broken" not in states.values()
    assert states["databases"] == states["documents"] == states["memory"] == "ok"


@then("both answers are found whole there, the unfinished one in the same words")
def answers(desk: Desk, other_machine: Path) -> None:
    earlier, unfinished = desk.runs
    resumed = json.loads(rookery("runs", "resume", unfinished.id, "--json", home=other_machine).stdout)
    assert resumed["output"] == desk.result.output
    for run in (earlier, unfinished):
        verified = json.loads(rookery("runs", "verify", run.id, "--json", home=other_machine).stdout)
        assert verified["faults"] == []
        assert verified["citations"] > 0


@then(parsers.parse('it is known there that "{content}"'))
def known(other_machine: Path, content: str) -> None:
    assert content in rookery("memory", "search", content, home=other_machine).stdout


@then("I am told who is in the way, and nothing has changed")
def refused(desk: Desk, told: Told) -> None:
    assert told.returncode == 2
    assert "is in use: another process has" in told.stderr
    assert [path.name for path in desk.home.glob("before-restore-*")] == []
    assert len(desk.wait(desk.container.run_store().page(limit=10)).items) == 2
