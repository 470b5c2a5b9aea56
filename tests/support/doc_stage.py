"""Where the documentation's consoles are run: a home of their own, the example archive, and stand-ins for services."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rookery.adapters.approval_stores.sqlite import SqliteApprovalStore
from rookery.adapters.clocks.manual import ManualClock
from rookery.domain.actions import ToolCall
from rookery.domain.approvals import Approval, digest_of
from tests.support.doc_blocks import CHANGES_THE_MACHINE, Command, blocks_of, calls
from tests.support.doc_stand_ins import StandIns
from tests.support.server import CORPUS, LIGHT, ROOT, copy_home, environment, start_server
from tests.support.warm_command_line import CLIENT

_REPORT = "# A report\n\nThe observatory was founded in 1907.\n"
_QUESTIONS = "When was the observatory founded?\nWhat is the boiling point of tungsten?\n"
_FILES: Mapping[str, str] = {
    "report.md": _REPORT,
    "question.txt": "Who built the tide gauge?\n",
    "questions.txt": _QUESTIONS,
    "mem0-export.json": json.dumps({"results": [{"id": "m1", "memory": "Mara keeps the kiln.", "user_id": "mara"}]}),
    "store.jsonl": json.dumps(
        {
            "namespace": ["me"],
            "key": "k1",
            "value": {"text": "Mara keeps the kiln."},
            "created_at": "2026-01-01T00:00:00+00:00",
        }
    )
    + "\n",
}
_LAST_RUN = """import sqlite3, sys
print(sqlite3.connect(sys.argv[1] + "/runs.db").execute("SELECT id FROM runs ORDER BY id DESC").fetchone()[0])
"""
_PLAIN = {**LIGHT, "COLUMNS": "200", "NO_COLOR": "1"}
_WARM_UP = [["version"], ["doctor"], ["memory", "list"]]
_OF_SERVICES = re.compile("(AWS|GH|GITHUB|JIRA|NOTION|OPENAI|PINECONE|PREFECT|SEARXNG|SLACK)_")
_ASKING = re.compile(r"\brookery (research|agents run)\b")
PARTIAL = 3
APPROVAL = "0a1b2c3d"


class Stage:
    """A folder with the archive, and a home that has read it; one page after the other plays in copies of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._papers = folder / "papers"
        shutil.copytree(CORPUS, self._papers)
        self._home = folder / "home"
        (self._home / "models").mkdir(parents=True)
        self._programs = self._folder / "bin"
        self._programs.mkdir()
        socket = str(folder / "door")
        _write_program(self._programs / "rookery", CLIENT.format(socket=socket))
        _write_program(self._programs / "last-run", _LAST_RUN)
        self._warm = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm_command_line", socket],
            cwd=ROOT,
            env=environment(self._home, _PLAIN),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._warm_up(
            [*_WARM_UP, ["sources", "add", str(self._papers)], ["research", "Why?", "--source", str(self._papers)]]
        )

    def _warm_up(self, commands: list[list[str]]) -> None:
        assert self._warm.stdin is not None
        assert self._warm.stdout is not None
        self._warm.stdin.write("".join(json.dumps(command) + "\n" for command in commands))
        self._warm.stdin.close()
        assert "ready\n" in iter(self._warm.stdout.readline, ""), "the command line did not get warm"
        shutil.rmtree(self._home / "locks", ignore_errors=True)

    def close(self) -> None:
        """End the warm process."""
        with self._warm:
            self._warm.kill()

    @contextmanager
    def set_up(self, page: str, *, served: bool = False) -> Iterator["Player"]:
        """Set a page up; `served` has a server at its disposal, whose token is `$TOKEN`."""
        place = self._folder / page.replace("/", "-")
        place.mkdir()
        (place / "papers").symlink_to(self._papers)
        for name, text in _FILES.items():
            (place / name).write_text(text)
        home = copy_home(self._home, place / "home")
        (home / "agents").mkdir()
        (home / "agents" / "historian.toml").write_text(_historian())
        _ask_for_approval(home)
        variables = {key: value for key, value in environment(home, _PLAIN).items() if not _OF_SERVICES.match(key)}
        variables["PATH"] = f"{self._programs}{os.pathsep}{os.environ['PATH']}"
        player = Player(place, variables)
        with self._served(home) if served else nullcontext(StandIns()) as server:
            player.meet(server)
            yield player

    @contextmanager
    def _served(self, home: Path) -> Iterator[StandIns]:
        papers = str(self._papers)
        settings = {**LIGHT, "ROOKERY_SERVER__SOURCE_ROOTS": json.dumps([papers])}
        with start_server(home, settings=settings) as server:
            places = {"http://127.0.0.1:8400": server.url, '"sources": ["papers"]': f'"sources": ["{papers}"]'}
            yield StandIns({"TOKEN": server.token}, {**places, "/srv/papers": papers})


class Player:
    """Runs the blocks of a page."""

    def __init__(self, place: Path, variables: Mapping[str, str]) -> None:
        self.place = place
        self.variables = dict(variables)
        self.instead: dict[str, str] = {}

    def meet(self, others: StandIns) -> None:
        """Put stand-ins in the place of services; then there is a network."""
        if others != StandIns():
            self.variables["ROOKERY_RESEARCH__OFFLINE"] = "false"
        self.variables |= others.variables
        self.instead |= others.instead

    def written(self, text: str) -> str:
        """Return a text of the page with the stand-ins' addresses."""
        for place, other in self.instead.items():
            text = text.replace(place, other)
        return text

    def put_down(self, toml: str, *, apply: bool) -> None:
        """Write a file that a page shows: an agent's always, settings where the page is about them."""
        named = re.match(r"# (agents/\w+\.toml)\n", toml)
        if named:
            (self.place / "agents").mkdir(exist_ok=True)
            (self.place / named[1]).write_text(toml)
        elif apply:
            (self.place / "rookery.toml").write_text(self.written(toml))

    def play(self, commands: list[Command]) -> list[str]:
        """Run commands in one shell, and return what is not as the page says."""
        for command in commands:
            named = {call[0] for call in calls(command.text)} & CHANGES_THE_MACHINE
            if named:
                return [f"`{command.text}`: {', '.join(named)} is not run by a test; say so before the block"]
        script = ["set -u"]
        for number, command in enumerate(commands):
            text = self.written(command.text).replace("RUN_ID", "$(last-run $ROOKERY_HOME)")
            text = re.sub(r"\bID\b", APPROVAL, text)
            script += [f"{{ {text}\n}} > {number}.out 2>&1 < /dev/null; echo $? > {number}.code"]
        subprocess.run(["bash", "-c", "\n".join(script)], cwd=self.place, env=self.variables, timeout=300, check=False)
        return [fault for number, command in enumerate(commands) for fault in self._faults(number, command)]

    def _faults(self, number: int, command: Command) -> Iterator[str]:
        printed = (self.place / f"{number}.out").read_text("utf-8")
        code = int((self.place / f"{number}.code").read_text() or -1)
        if code and not (code == PARTIAL and _ASKING.search(command.text)):
            yield f"`{command.text}` ends with {code}:\n{printed}"
        elif not says(printed, self.written(command.prints)):
            yield f"`{command.text}` prints\n{printed}\nwhere the page shows\n{command.prints}"

    def run_python(self, code: str) -> None:
        """Run a program of the page."""
        command = [sys.executable, "-c", self.written(code)]
        subprocess.run(command, cwd=self.place, env=self.variables, timeout=120, check=True)


def says(printed: str, shown: str) -> bool:
    """Return whether a text is as it is shown, but for white space; `…` stands for anything."""
    parts = [re.escape(re.sub(r"\s+", "", part)) for part in shown.split("…")]
    return re.search(".*?".join(parts), re.sub(r"\s+", "", printed), re.DOTALL) is not None


def _write_program(path: Path, code: str) -> None:
    script = path.with_name(f"{path.name}-program.py")  # not `rookery.py`, which would be imported as the package
    script.write_text(code)
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{script}" "$@"\n')
    path.chmod(0o755)


def _historian() -> str:
    found = [block.text for block in blocks_of("docs/agents.md") if "# agents/historian.toml" in block.text]
    return found[0]


def _ask_for_approval(home: Path) -> None:
    """Leave a question in the home's inbox that has not expired."""
    now = datetime.now(UTC)
    call = ToolCall(tool="slack_post", arguments={"channel": "#team", "text": "The light is lit again."})
    approval = Approval(
        id=APPROVAL,
        run_id="run-1",
        agent_id="clerk",
        tool=call.tool,
        arguments=call.arguments,
        digest=digest_of(call),
        reason="it changes something",
        requested_at=now,
        expires_at=now + timedelta(hours=1),
    )
    store = SqliteApprovalStore(home, clock=ManualClock(now))
    asyncio.run(store.request(approval))
    store.close()
