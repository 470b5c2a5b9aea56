"""`rookery doctor`: what it finds in a home and behind its doors, and what it mends."""

import json
import os
import shutil
import stat
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rookery.testing import SlackService, serve
from tests.support.old_homes import old_home
from tests.support.server import LIGHT, rookery
from tests.support.tool_sources import SERVERS

QUESTION = "Who built the tide gauge?"
ONLINE = LIGHT | {"ROOKERY_RESEARCH__OFFLINE": "false"}
FAST = {"ROOKERY_RESEARCH__EMBEDDER": "hashing"}
Findings = dict[str, dict[str, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return old_home("with-calls", tmp_path / "home")


def doctor(*flags: str, home: Path, settings: Mapping[str, str] = LIGHT, folder: Path | None = None) -> Any:
    done = rookery("doctor", "--json", *flags, home=home, settings=settings, **({"folder": folder} if folder else {}))
    assert "Traceback" not in done.stderr
    told = json.loads(done.stdout)
    assert done.returncode == (0 if told["ok"] else 1)
    return told


def findings(told: Any) -> Findings:
    return {finding["name"]: finding for finding in told["findings"]}


def test_a_home_that_others_may_look_into_is_closed(home: Path) -> None:
    home.chmod(0o755)
    found = findings(doctor(home=home))["access"]
    assert (found["state"], "everybody on this machine" in found["detail"]) == ("missing", True)
    fixed = doctor("--fix", home=home)
    assert f"{home} is closed to others of this machine" in fixed["mended"]
    assert findings(fixed)["access"]["state"] == "ok"
    assert stat.S_IMODE(home.stat().st_mode) == 0o750


def test_downloads_that_were_given_up_are_removed_and_others_are_left(home: Path) -> None:
    old, new = home / "models" / "old.gguf.part", home / "models" / "new.gguf.part"
    old.parent.mkdir()
    for part in (old, new):
        part.write_text("GG")
        part.with_name(f"{part.name}.json").write_text("{}")
    for path in (old, old.with_name("old.gguf.part.json")):
        past = path.stat().st_mtime - timedelta(days=8).total_seconds()
        os.utime(path, (past, past))
    assert "given up (2 files)" in findings(doctor(home=home))["leftovers"]["detail"]
    fixed = doctor("--fix", home=home)
    assert any("old.gguf.part" in mend for mend in fixed["mended"])
    assert sorted(path.name for path in old.parent.iterdir()) == ["new.gguf.part", "new.gguf.part.json"]


def test_a_damaged_index_of_memories_is_made_anew(home: Path) -> None:
    (home / "memory-index.db").write_bytes(b"SQLite format 3\x00" + os.urandom(8000))
    fixed = doctor("--fix", home=home)
    assert "memory-index.db was damaged and is removed; it is made again from the journal" in fixed["mended"]
    assert fixed["ok"]
    found = rookery("memory", "search", "kiln", home=home, settings=LIGHT)
    assert "I picked up the kiln" in found.stdout


def test_a_damaged_library_is_told_and_left_for_a_backup(home: Path) -> None:
    content, damage = bytearray((home / "library.db").read_bytes()), os.urandom(1024)
    content[4096 : 4096 + len(damage)] = damage
    (home / "library.db").write_bytes(content)
    found = findings(doctor("--fix", home=home))["databases"]
    assert found["state"] == "broken"
    assert "library.db: " in found["detail"]
    assert "restored from a backup" in found["detail"]
    assert damage in (home / "library.db").read_bytes()


def test_documents_that_the_index_lacks_are_put_there(home: Path) -> None:
    assert rookery("doctor", "--fix", home=home, settings=FAST).returncode == 0
    assert findings(doctor(home=home, settings=FAST))["documents"]["state"] == "ok"
    shutil.rmtree(home / "chroma")
    lacking = findings(doctor(home=home, settings=FAST))["documents"]
    assert lacking["state"] == "missing"
    assert "1 passages are not in chroma" in lacking["detail"]
    fixed = doctor("--fix", home=home, settings=FAST)
    assert "the index of documents lacked some, and has them all now" in fixed["mended"]
    assert findings(fixed)["documents"]["state"] == "ok"


def test_locks_of_runs_that_are_over_are_removed(home: Path) -> None:
    [run] = json.loads(rookery("runs", "list", "--json", home=home, settings=LIGHT).stdout)
    (home / "locks").mkdir()
    for name in (run["id"], "of-another-run"):
        (home / "locks" / f"{name}.lock").touch()
    assert "locks of runs that are over are removed: 1" in doctor("--fix", home=home)["mended"]
    assert [path.stem for path in (home / "locks").iterdir()] == ["of-another-run"]


def test_what_was_mended_is_said_in_a_line_each(home: Path) -> None:
    home.chmod(0o755)
    told = rookery("doctor", "--fix", home=home, settings=LIGHT)
    assert told.stdout.splitlines()[0] == f"mended: {home} is closed to others of this machine"


@pytest.mark.parametrize(
    ("settings", "state", "said"),
    [
        ({}, "missing", "not set up: SLACK_BOT_TOKEN"),
        (
            {"SLACK_SIGNING_SECRET": "of-the-app"},
            "broken",
            "events by HTTP (`rookery serve`) is set up, and the bot has",
        ),
        ({"SLACK_APP_TOKEN": "xapp-1"}, "broken", "Socket Mode (`rookery slack`) is set up, and the bot has no token"),
    ],
)
def test_slack_without_a_bot(settings: dict[str, str], state: str, said: str, home: Path) -> None:
    found = findings(doctor(home=home, settings=ONLINE | settings))["slack"]
    assert (found["state"], said in found["detail"]) == (state, True)


@pytest.mark.parametrize(
    ("settings", "state", "said"),
    [
        ({}, "ok", "for questions from there, set SLACK_APP_TOKEN or SLACK_SIGNING_SECRET"),
        ({"SLACK_SIGNING_SECRET": "of-the-app"}, "missing", "nobody may ask: `slack.askers` says who may"),
        (
            {"SLACK_APP_TOKEN": "xapp-1", "SLACK_SIGNING_SECRET": "x", "ROOKERY_SLACK__ASKERS": '["*"]'},
            "ok",
            "takes questions by Socket Mode (`rookery slack`) and events by HTTP (`rookery serve`)",
        ),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "broken", ""),
    ],
)
def test_slack_with_a_bot(settings: dict[str, str], state: str, said: str, home: Path) -> None:
    with serve(SlackService()) as slack:
        bot = {"ROOKERY_INTEGRATIONS__SLACK__BASE_URL": f"{slack.url}/api", "SLACK_BOT_TOKEN": slack.token}
        found = findings(doctor(home=home, settings=ONLINE | bot | settings))["slack"]
    assert (found["state"], said in found["detail"]) == (state, True)


def test_a_server_of_tools_is_looked_at(home: Path, tmp_path: Path) -> None:
    environment = 'env = { RUG_PULL = "${RUG_PULL:-}" }'
    (tmp_path / "rookery.toml").write_text(
        f'[mcpServers.birds]\ncommand = "python"\nargs = ["{SERVERS / "good.py"}"]\n{environment}\n'
    )

    def look(**settings: str) -> dict[str, str]:
        return findings(doctor(home=home, folder=tmp_path, settings=LIGHT | settings))["mcp birds"]

    unseen = look()
    assert unseen["state"] == "missing"
    assert "0 tools can be used; never accepted: " in unseen["detail"]
    assert rookery("mcp", "trust", "birds", "--yes", home=home, folder=tmp_path, settings=LIGHT).returncode == 0
    assert look()["state"] == "ok"
    changed = look(RUG_PULL="1")
    assert changed["state"] == "broken"
    assert "changed: search; `rookery mcp trust birds` shows and accepts" in changed["detail"]
