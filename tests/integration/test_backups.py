"""Backups: what is in them, what they refuse to be made of, and copying while others write."""

import os
import resource
import sqlite3
import stat
import subprocess
import threading
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from rookery.adapters.homes.archive import opened
from rookery.adapters.homes.databases import copy_database
from rookery.domain.errors import Conflict, InvalidRequest, NotFound, StoreDamaged
from rookery.entrypoints import homes
from tests.support.kept_homes import KEPT_FILES, MODEL, back_up, held, lived_in, put_back
from tests.support.server import LIGHT, MAIN, environment, rookery


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return lived_in(tmp_path / "home")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.zip"


def test_all_that_cannot_be_made_again_is_kept_and_comes_back(home: Path, file: Path, tmp_path: Path) -> None:
    before = held(home)
    assert back_up(home, file).odd == []
    assert put_back(file, tmp_path / "other") is None
    assert held(tmp_path / "other") == before == held(home)
    assert len(before) == len(homes.KEPT)
    for path, text in KEPT_FILES.items():
        assert (tmp_path / "other" / path).read_text() == text
    assert not (tmp_path / "other" / ".restore").exists()


def test_what_can_be_made_again_is_left_out(home: Path, file: Path) -> None:
    kept = {one.path for one in back_up(home, file).manifest.files}
    assert kept == {*(schema.file for schema in homes.KEPT), *KEPT_FILES}


def test_models_are_kept_when_they_are_wanted(home: Path, file: Path) -> None:
    kept = {one.path for one in back_up(home, file, models=True).manifest.files}
    assert MODEL in kept
    assert not any(path.endswith(".part") for path in kept)


def test_what_points_to_something_is_copied_before_it(home: Path, file: Path) -> None:
    kept = [one.path for one in back_up(home, file).manifest.files]
    assert kept[: len(homes.KEPT)] == [schema.file for schema in homes.KEPT]
    for first, then in [
        ("requests.db", "runs.db"),
        ("inbox.db", "runs.db"),
        ("corrections.db", "runs.db"),
        ("runs.db", "approvals.db"),
        ("runs.db", "deliveries.db"),
        ("runs.db", "memory.db"),
        ("sync.db", "memory.db"),
        ("library.db", "snapshots.db"),
        ("runs.db", "snapshots.db"),
        ("runs.db", "workspaces/run-1/notes/a: plan.md"),
    ]:
        assert kept.index(first) < kept.index(then)


def test_only_its_owner_may_read_it_and_what_is_restored(home: Path, file: Path, tmp_path: Path) -> None:
    back_up(home, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    put_back(file, tmp_path / "other")
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "other" / "access.db").stat().st_mode) == 0o600


def test_links_are_not_followed_and_are_told(home: Path, file: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of somebody else")
    (home / "agents" / "link.toml").symlink_to(tmp_path / "secret")
    (home / "more").symlink_to(tmp_path, target_is_directory=True)
    made = back_up(home, file)
    assert made.odd == ["more", "agents/link.toml"]
    assert b"of somebody else" not in b"".join(_unpacked(file).values())


def test_a_database_that_somebody_else_put_there_is_copied_as_one(home: Path, file: Path) -> None:
    with closing(sqlite3.connect(home / "mine.sqlite")) as mine:
        mine.execute("PRAGMA journal_mode = WAL")
        mine.execute("CREATE TABLE t AS SELECT 1 AS a")
        mine.commit()
        manifest = back_up(home, file).manifest
    [kept] = [one for one in manifest.files if one.path == "mine.sqlite"]
    assert kept.schema_version == 0
    assert "mine.sqlite-wal" not in {one.path for one in manifest.files}


def test_a_copy_is_of_one_moment_while_others_write(tmp_path: Path) -> None:
    """Two tables that are only ever written together have as many rows in the copy; the writer never waits for it."""
    source = tmp_path / "busy.db"
    with closing(sqlite3.connect(source)) as database, database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE a (x TEXT)")
        database.execute("CREATE TABLE b (x TEXT)")
        database.executemany("INSERT INTO a VALUES (?)", [("x" * 1000,)] * 20_000)
        database.executemany("INSERT INTO b VALUES (?)", [("x" * 1000,)] * 20_000)
    stop, written, copying = threading.Event(), threading.Event(), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(source, timeout=10)) as database:
            while not stop.is_set():
                with database:
                    database.execute("INSERT INTO a VALUES ('more')")
                    database.execute("INSERT INTO b VALUES ('more')")
                if copying.is_set():
                    written.set()

    def between(_: int) -> None:
        copying.set()
        assert written.wait(30), "the writer waits for the copy"

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copy_database(source, tmp_path / "copy.db", between)
    finally:
        stop.set()
        writer.join()
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        counts = [copy.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in "ab"]
    with closing(sqlite3.connect(source)) as database:
        now = database.execute("SELECT count(*) FROM a").fetchone()[0]
    assert counts[0] == counts[1]
    assert 20_000 <= counts[0] < now


def test_a_damaged_database_is_not_copied_and_nothing_is_left(home: Path, file: Path) -> None:
    content = bytearray((home / "library.db").read_bytes())
    content[4096 : 4096 + 2048] = os.urandom(2048)
    (home / "library.db").write_bytes(content)
    with pytest.raises(StoreDamaged, match=r"library\.db is damaged"):
        back_up(home, file)
    assert list(file.parent.iterdir()) == [home]


def test_a_file_that_is_there_is_left_as_it_is(home: Path, file: Path) -> None:
    file.write_text("mine")
    with pytest.raises(Conflict, match="is there already"):
        back_up(home, file)
    assert file.read_text() == "mine"


def test_a_backup_is_not_written_into_its_own_home(home: Path) -> None:
    with pytest.raises(InvalidRequest, match="lies in the home"):
        back_up(home, home / "backup.zip")


def test_where_there_is_no_home_it_is_said(tmp_path: Path, file: Path) -> None:
    with pytest.raises(NotFound, match="there is no home at"):
        back_up(tmp_path / "none", file)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match="nothing to back up"):
        back_up(tmp_path / "empty", file)


def test_a_full_disk_is_said_and_leaves_nothing(home: Path, file: Path) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    command = [*MAIN, "backup", "-o", str(file)]
    full = subprocess.run(
        command, env=environment(home), capture_output=True, text=True, timeout=60, check=False, preexec_fn=small
    )
    assert full.returncode == 1
    assert "rookery: " in full.stderr
    assert "Traceback" not in full.stderr
    assert list(file.parent.iterdir()) == [home]


def test_the_command_says_what_it_wrote_and_what_to_know(home: Path, tmp_path: Path) -> None:
    wrote = rookery("backup", home=home, folder=tmp_path)
    [file] = tmp_path.glob("rookery-*.zip")
    assert wrote.stdout.startswith(f"wrote {file}: ")
    assert "digests of access tokens" in wrote.stderr
    told = rookery("restore", str(file), "--check", home=tmp_path / "new")
    assert "this version can restore it" in told.stdout
    assert not (tmp_path / "new").exists()


def test_a_backup_goes_through_standard_output_and_input(home: Path, tmp_path: Path) -> None:
    before, there = held(home), tmp_path / "there"
    with (tmp_path / "piped").open("wb") as piped:
        made = [*MAIN, "backup", "-o", "-"]
        subprocess.run(made, env=environment(home, LIGHT), stdout=piped, stderr=subprocess.PIPE, timeout=60, check=True)
    with (tmp_path / "piped").open("rb") as piped:
        restored = [*MAIN, "restore", "-"]
        subprocess.run(
            restored, env=environment(there, LIGHT), stdin=piped, capture_output=True, timeout=60, check=True
        )
    assert held(there) == before


def _unpacked(file: Path) -> dict[str, bytes]:
    with opened(file), zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
