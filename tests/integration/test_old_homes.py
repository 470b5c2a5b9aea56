"""Homes of every schema that there was are opened, keep what they held, and work on; those of a later one are left."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rookery.entrypoints import homes
from tests.support.old_homes import NAMES, old_home
from tests.support.server import LIGHT, rookery

QUESTION = "Who built the tide gauge?"


def told(*arguments: str, home: Path) -> Any:
    done = rookery(*arguments, "--json", home=home, settings=LIGHT)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def schemas(home: Path) -> dict[str, int]:
    found = {}
    for file in home.glob("*.db"):
        with closing(sqlite3.connect(file)) as database:
            found[file.name] = database.execute("PRAGMA user_version").fetchone()[0]
    return found


def files(home: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in home.glob("*.db")}


def test_the_latest_of_them_is_the_present_schema(tmp_path: Path) -> None:
    """Whoever adds a migration keeps a home from before it: `python -m tests.support.old_homes HOME FOLDER`."""
    assert schemas(old_home("with-calls", tmp_path / "home")) == {
        schema.file: len(schema.migrations) for schema in homes.ALL
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_home_from_before_keeps_what_it_held_and_works_on(name: str, tmp_path: Path) -> None:
    home = old_home(name, tmp_path / "home")
    diagnosis = told("doctor", home=home)
    assert diagnosis["ok"]
    assert {"name": "databases", "state": "ok"}.items() <= diagnosis["findings"][2].items()
    [source] = told("sources", "list", home=home)
    assert source["title"] == "Tide gauge"
    [run] = told("runs", "list", home=home)
    assert run["question"] == QUESTION
    assert told("runs", "verify", run["id"], home=home)["citations"] > 0
    assert [memory["content"] for memory in told("memory", "list", home=home) if memory["key"] == "kiln"] == [
        "Mara: I picked up the kiln yesterday."
    ]
    again = told("research", QUESTION, home=home)
    assert "Edda Varnholt" in again["output"]
    known = {schema.file: len(schema.migrations) for schema in homes.ALL}
    assert schemas(home).items() <= known.items()


def test_the_doctor_says_what_it_has_brought_up_to_date(tmp_path: Path) -> None:
    home = old_home("before-titles", tmp_path / "home")
    mended = told("doctor", "--fix", home=home)["mended"]
    assert "runs.db is brought from schema 1 to 3" in mended
    assert "library.db is brought from schema 1 to 2" in mended
    assert not [mend for mend in told("doctor", "--fix", home=home)["mended"] if "schema" in mend]


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("runs.db", ["doctor", "--fix"]),
        ("library.db", ["runs", "list"]),
        ("access.db", ["memory", "add", "x"]),
        ("snapshots.db", ["backup"]),
    ],
)
def test_a_home_of_a_later_version_is_refused_and_left_as_it_is(file: str, command: list[str], tmp_path: Path) -> None:
    home = old_home("with-calls", tmp_path / "home")
    with closing(sqlite3.connect(home / file)) as database:
        database.execute("PRAGMA user_version = 99")
    before = files(home)
    refused = rookery(*command, home=home, settings=LIGHT, folder=tmp_path)
    assert refused.returncode == 1
    assert f"{file} was written by a newer Rookery (schema 99" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert files(home) == before
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
