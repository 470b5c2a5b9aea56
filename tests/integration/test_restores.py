"""Restores: all or nothing, whatever the backup is, whatever is in the way, whenever the machine stops."""

import json
import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rookery.adapters.homes import restore as restoring
from rookery.adapters.homes.contents import is_half_restored
from rookery.domain.errors import Conflict, InvalidRequest, RookeryError, StorageError
from rookery.entrypoints import homes
from rookery.entrypoints.settings import Settings
from tests.support.kept_homes import MODEL, back_up, held, lived_in, put_back
from tests.support.server import rookery

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a home; nobody changes it."""
    folder = tmp_path_factory.mktemp("kept")
    back_up(lived_in(folder / "home"), folder / "backup.zip")
    return folder / "backup.zip"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def packed(file: Path, files: Files, entry: Callable[[zipfile.ZipInfo], None] = lambda _: None) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            entry(info)
            archive.writestr(info, content)
    return file


def unpacked(file: Path) -> Files:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(backup: Path, file: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    files = unpacked(backup)
    manifest = json.loads(files["manifest.json"])
    change(manifest)
    return packed(file, files | {"manifest.json": json.dumps(manifest).encode()})


def named(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda manifest: manifest["files"][0].update(path=name)


@pytest.mark.parametrize(
    "name",
    ["../escaped", "/escaped", "a/../../escaped", "..\\escaped", "C:escaped", "a//b", "./a", "", "a\x00b", "a/.."],
)
def test_a_name_that_leads_out_of_the_home_is_refused(name: str, backup: Path, home: Path, tmp_path: Path) -> None:
    files = unpacked(backup)
    manifest = json.loads(files["manifest.json"])
    content = files.pop(manifest["files"][0]["path"])
    manifest["files"][0]["path"] = name
    evil = packed(
        tmp_path / "evil.zip", {name or "x": content, **files, "manifest.json": json.dumps(manifest).encode()}
    )
    with pytest.raises(InvalidRequest, match=r"path: |other files"):
        put_back(evil, home)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.zip"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda manifest: manifest.update(format=2), "a newer Rookery"),
        (lambda manifest: manifest.update(format="x"), "format"),
        (lambda manifest: manifest.pop("files"), "files"),
        (lambda manifest: manifest["files"].pop(), "other files than its manifest names"),
        (lambda manifest: manifest["files"].append(manifest["files"][0]), "other files than its manifest names"),
        (lambda manifest: manifest["files"][0].update(size=1), "in a form that no backup has"),
        (lambda manifest: manifest["files"][0].update(size=10**15), "in a form that no backup has"),
        (lambda manifest: manifest["files"][0].update(sha256="0" * 64), "not what its digest says"),
        (lambda manifest: manifest["files"][2].update(schema_version=99), "install that version or a later one"),
    ],
)
def test_a_manifest_that_lies_is_refused(
    change: Callable[[dict[str, Any]], object], said: str, backup: Path, home: Path, tmp_path: Path
) -> None:
    with pytest.raises(InvalidRequest, match=said):
        put_back(rewritten(backup, tmp_path / "evil.zip", change), home)
    assert not home.exists() or [path.name for path in home.iterdir()] == ["restore.lock"]


def test_a_link_in_a_backup_is_refused(backup: Path, home: Path, tmp_path: Path) -> None:
    def link(entry: zipfile.ZipInfo) -> None:
        entry.create_system = 3
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16

    with pytest.raises(InvalidRequest, match="in a form that no backup has"):
        put_back(packed(tmp_path / "evil.zip", unpacked(backup), link), home)
    assert not home.exists()


def test_a_file_that_is_in_it_twice_is_refused(backup: Path, home: Path, tmp_path: Path) -> None:
    evil = Path(shutil.copy(backup, tmp_path / "evil.zip"))
    with zipfile.ZipFile(evil, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("runs.db", b"another")
    with pytest.raises(InvalidRequest, match="other files than its manifest names"):
        put_back(evil, home)


def test_what_is_no_backup_is_said(tmp_path: Path, home: Path, backup: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    (tmp_path / "cut.zip").write_bytes(backup.read_bytes()[:-100])
    packed(tmp_path / "other.zip", {"a": b"b"})
    packed(tmp_path / "list.zip", {"manifest.json": b"[]"})
    packed(tmp_path / "words.zip", {"manifest.json": b"{"})
    for name in ("text.zip", "cut.zip", "other.zip", "list.zip", "words.zip", "none.zip", "."):
        with pytest.raises(InvalidRequest, match=r"is no backup|there is no file|is a folder|no backup has"):
            put_back(tmp_path / name, home)
    assert not home.exists()


def test_a_flipped_bit_is_noticed_and_the_home_stays_as_it_was(backup: Path, home: Path, tmp_path: Path) -> None:
    lived_in(home)
    before = held(home)
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "flipped.zip").write_bytes(content)
    with pytest.raises(InvalidRequest, match="damaged"):
        put_back(tmp_path / "flipped.zip", home, replace=True)
    assert held(home) == before
    assert not (home / ".restore").exists()


def test_a_backup_larger_than_the_disk_is_refused(backup: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(home.parent)._replace(free=100_000)
    monkeypatch.setattr(restoring.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(InvalidRequest, match="MB left; name a folder on another one"):
        put_back(backup, home)


def test_a_home_with_something_in_it_is_refused_unless_told(backup: Path, home: Path) -> None:
    lived_in(home)
    (home / "mine.txt").write_text("mine")
    with pytest.raises(Conflict, match=r"is not empty .*--replace"):
        put_back(backup, home)
    aside = put_back(backup, home, replace=True)
    assert aside is not None
    assert (aside / "mine.txt").read_text() == "mine"
    assert (aside / "chroma" / "chroma.sqlite3").is_file()
    assert not (home / "chroma").exists()
    assert (home / MODEL).is_file()
    assert len(held(home)) == len(homes.KEPT)


def test_models_that_are_there_already_are_no_hindrance(backup: Path, home: Path) -> None:
    (home / "models").mkdir(parents=True)
    (home / MODEL).write_text("GGUF")
    assert put_back(backup, home) is None
    assert (home / MODEL).is_file()


def test_a_home_in_use_is_refused_and_stays_as_it_was(backup: Path, home: Path) -> None:
    lived_in(home)
    before = held(home)
    [schema] = [schema for schema in homes.KEPT if schema.file == "runs.db"]
    with closing(schema.at(home)) as runs:
        runs.run_now(lambda connection: connection.execute("SELECT count(*) FROM runs").fetchone())
        with pytest.raises(Conflict, match=r"is in use: another process has runs\.db open; stop `rookery serve`"):
            put_back(backup, home, replace=True)
    assert held(home) == before
    assert not (home / ".restore").exists()
    assert put_back(backup, home, replace=True) is not None


def test_a_home_that_somebody_begins_to_use_meanwhile_is_theirs(backup: Path, home: Path) -> None:
    [schema] = [schema for schema in homes.KEPT if schema.file == "access.db"]
    with closing(schema.at(home)) as tokens:

        def begin(_: object) -> None:
            tokens.run_now(lambda connection: connection.execute("INSERT INTO tokens VALUES ('mine', '', '')"))
            tokens.close()

        with pytest.raises(Conflict, match=r"has begun to use .*access\.db"):
            put_back(backup, home, tell=_once(begin))
    assert any("'mine'" in line for line in held(home)["access.db"])
    assert sorted(path.name for path in home.iterdir()) == ["access.db", "restore.lock"]


def _once(work: Callable[[object], None]) -> Callable[[object], None]:
    left = [work]
    return lambda given: left.pop()(given) if left else None


def test_the_log_of_what_was_there_is_not_read_into_what_is_restored(backup: Path, home: Path) -> None:
    """A process that was killed leaves its write-ahead log, which SQLite would apply to whatever lies beside it."""
    lived_in(home)
    with closing(sqlite3.connect(home / "runs.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE stranger (x)")
        database.commit()
        log = (home / "runs.db-wal").read_bytes()
    (home / "runs.db-wal").write_bytes(log)
    put_back(backup, home, replace=True)
    assert not (home / "runs.db-wal").exists()
    assert not any("stranger" in line for line in held(home)["runs.db"])


@pytest.mark.parametrize("was_there", [(), ("mine.txt",)])
def test_stopped_at_any_step_a_home_is_what_it_was_or_what_the_backup_holds(
    was_there: tuple[str, ...], backup: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, replaced = unpacked(backup), bool(was_there)
    before = held(backup.parent / "home") if replaced else {}
    stops = 0
    while True:
        shutil.rmtree(home, ignore_errors=True)
        if replaced:
            shutil.copytree(backup.parent / "home", home)
            (home / "mine.txt").write_text("mine")
        with monkeypatch.context() as patched:
            if not _stopped(patched, stops, lambda: put_back(backup, home, replace=replaced)):
                break
        stops += 1
        if is_half_restored(home):
            homes.open_home(Settings(home=home))
        if (home / "agents" / "historian.toml").is_file() and not (home / "mine.txt").exists():
            assert all((home / name).is_file() for name in wanted if name != "manifest.json")
            restoring.forget_begun(home)
            assert not (home / ".restore").exists()
            assert [path.name for path in home.glob("before-restore-*/mine.txt")] == list(was_there)
        else:
            assert held(home) == before
            restoring.forget_begun(home)
            assert put_back(backup, home, replace=replaced) is None or replaced
    assert stops > 20


def _stopped(patched: pytest.MonkeyPatch, after: int, work: Callable[[], object]) -> bool:
    """Have the process end, as it were, when so many files and folders have been made, renamed or removed."""
    left = after

    class Stopped(BaseException):
        pass

    def counting(real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **more: Any) -> Any:
            nonlocal left
            if left < 0:
                raise Stopped
            left -= 1
            if left < 0:
                raise Stopped
            return real(*given, **more)

        return counted

    for name in ("mkdir", "rename", "replace", "unlink"):
        patched.setattr(Path, name, counting(getattr(Path, name)))
    patched.setattr(restoring.shutil, "rmtree", counting(shutil.rmtree))
    patched.setattr("os.open", counting(__import__("os").open))
    try:
        work()
    except Stopped:
        return True
    except RookeryError as error:
        raise AssertionError(f"stopped after {after}") from error
    return False


def test_a_restore_that_cannot_be_finished_says_what_to_do(backup: Path, home: Path) -> None:
    put_back(backup, home)
    (home / ".restore").mkdir()
    (home / ".restore" / "ready").write_text("{")
    with pytest.raises(StorageError, match=r"is damaged; remove .*restore with --replace"):
        homes.open_home(Settings(home=home))


def test_the_command_restores_where_it_is_told_and_makes_the_indexes(backup: Path, tmp_path: Path) -> None:
    settings = {"ROOKERY_RESEARCH__EMBEDDER": "hashing"}
    done = rookery(
        "restore", str(backup), "--home", str(tmp_path / "there"), "--json", home=tmp_path / "other", settings=settings
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["home"] == str(tmp_path / "there")
    assert told["degraded"] == []
    assert not (tmp_path / "other").exists()
    diagnosis = json.loads(rookery("doctor", "--json", home=tmp_path / "there", settings=settings).stdout)
    assert diagnosis["ok"]
    states = {finding["name"]: finding["state"] for finding in diagnosis["findings"]}
    assert states["documents"] == states["databases"] == states["memory"] == states["access"] == "ok"
