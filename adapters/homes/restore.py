"""Putting a backup in the place of a home: all of it or nothing, whenever the machine stops.

The files are unpacked into `.restore` within the home, since a home may be a mounted volume, to which nothing can be
renamed from outside. Until the file `ready` is there, the home is what it was. From then on it is the backup: whoever
opens the home first finishes what is left to do, which is renaming (`finish`).
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from rookery.adapters.homes.archive import Backup
from rookery.adapters.homes.backup import Progress, sync_folder
from rookery.adapters.homes.contents import ASIDE, LOCK, READY, RESTORING, is_half_restored, state
from rookery.adapters.homes.databases import unused
from rookery.adapters.support.sqlite import Schema
from rookery.domain.errors import Conflict, InvalidRequest, StorageError
from rookery.domain.frozen import Frozen

if TYPE_CHECKING:
    from filelock import BaseFileLock

_FILES = "files"
_LEEWAY = 16 * 2**20  # bytes that a disk must have beyond what is unpacked


class _Plan(Frozen):
    """What is renamed: names at the top of the home."""

    aside: str
    old: list[str]
    new: list[str]


def put_in_place(
    backup: Backup,
    home: Path,
    schemas: Sequence[Schema],
    *,
    now: datetime,
    replace: bool = False,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Path | None:
    """Make the home what the backup holds. Return the folder in which what was there before lies, or None.

    Models that are there stay there when the backup has none.

    Args:
        backup: whose manifest was checked.
        home: a folder that is empty, not there, or not in use.
        schemas: of the databases that this Rookery knows.
        now: for the name of what is put aside.
        replace: whether a home with something in it is put aside.
        tell: told how far it is.

    Raises:
        Conflict: there is something in the home already, or another process uses it.
        InvalidRequest: the backup is newer than this Rookery, damaged, or larger than the disk.
        StorageError: the home cannot be written.
    """
    backup.refuse_newer(schemas)
    with _translated(home):
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(home):
            _finish(home)
            plan = _planned(backup, home, now, replace=replace)
            with unused(_databases(home, plan)):  # said before the work, and asked again after it
                pass
            _unpack(backup, home, tell)
            with _removed_unless_ready(home):
                _refuse_changed(backup, home, plan)
                with unused(_databases(home, plan)):
                    _commit(home, plan)
            _finish(home)
    return home / plan.aside if plan.old else None


def finish(home: Path) -> None:
    """Finish a restore that was cut short after its backup had become what holds. Waits for one that is at work.

    Raises:
        StorageError: the home cannot be written.
    """
    with _translated(home), _lock(home):
        _finish(home)


def forget_begun(home: Path) -> bool:
    """Remove what a restore has unpacked that was cut short before it changed anything; tell whether there was that.

    Raises:
        StorageError: the home cannot be written.
    """
    if not (home / RESTORING).is_dir() or is_half_restored(home):
        return False
    try:
        with _alone(home), _translated(home):
            shutil.rmtree(home / RESTORING)
    except Conflict:  # it is at work
        return False
    return True


def _planned(backup: Backup, home: Path, now: datetime, *, replace: bool) -> _Plan:
    old = state(home, keeps_models=not backup.manifest.models)
    if old and not replace:
        raise Conflict(
            f"{home} is not empty ({', '.join(old[:3])}{', …' if len(old) > 3 else ''}); name another folder with "
            "--home, or have what is there put aside with --replace"
        )
    _refuse_small_disk(home, backup)
    new = {kept.path.partition("/")[0] for kept in backup.manifest.files}
    return _Plan(aside=_new_name(home, f"{ASIDE}{now:%Y%m%d-%H%M%S}"), old=old, new=sorted(new))


def _new_name(home: Path, name: str) -> str:
    """Return the name, or one like it that is not there yet."""
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(name for name in names if not os.path.lexists(home / name))


def _refuse_changed(backup: Backup, home: Path, plan: _Plan) -> None:
    come = [name for name in state(home, keeps_models=not backup.manifest.models) if name not in plan.old]
    if come:
        raise Conflict(
            f"another process has begun to use {home} meanwhile ({come[0]}); nothing was restored: stop what runs "
            "there, and try again"
        )


def _databases(home: Path, plan: _Plan) -> list[Path]:
    return [home / name for name in plan.old if name.endswith(".db") and (home / name).is_file()]


@contextmanager
def _removed_unless_ready(home: Path) -> Iterator[None]:
    try:
        yield
    finally:
        if not is_half_restored(home):
            shutil.rmtree(home / RESTORING, ignore_errors=True)


def _unpack(backup: Backup, home: Path, tell: Callable[[Progress], None]) -> None:
    staged = home / RESTORING
    shutil.rmtree(staged, ignore_errors=True)
    try:
        (staged / _FILES).mkdir(parents=True, mode=0o700)
        backup.unpack(staged / _FILES, tell)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise


def _commit(home: Path, plan: _Plan) -> None:
    ready = home / RESTORING / READY
    unready = ready.with_name("not-yet")
    with unready.open("x", encoding="utf-8") as file:
        file.write(plan.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    unready.replace(ready)
    sync_folder(ready.parent)


def _finish(home: Path) -> None:
    """Rename what the plan names; what was renamed already is left alone."""
    if not is_half_restored(home):
        return
    staged = home / RESTORING
    try:
        plan = _Plan.model_validate_json((staged / READY).read_bytes())
    except ValidationError as error:
        raise StorageError(f"{staged / READY} is damaged; remove {staged}, and restore with --replace") from error
    aside = home / plan.aside
    for name in plan.old:
        if os.path.lexists(home / name) and not os.path.lexists(aside / name):
            aside.mkdir(exist_ok=True, mode=0o700)
            (home / name).rename(aside / name)
    for name in plan.new:
        if os.path.lexists(staged / _FILES / name):
            (staged / _FILES / name).rename(home / name)
    sync_folder(home)
    (staged / READY).unlink()
    shutil.rmtree(staged)


def _refuse_small_disk(home: Path, backup: Backup) -> None:
    free = shutil.disk_usage(home).free
    if backup.manifest.bytes + _LEEWAY > free:
        raise InvalidRequest(
            f"{backup.file} unpacks to {backup.manifest.bytes / 1e6:,.0f} MB, and the disk of {home} has "
            f"{free / 1e6:,.0f} MB left; name a folder on another one with --home"
        )


def _lock(home: Path) -> "BaseFileLock":
    from filelock import FileLock

    return FileLock(home / LOCK, thread_local=False)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    from filelock import Timeout

    lock = _lock(home)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise Conflict(f"another restore into {home} is at work; wait until it is done") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _translated(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{home} cannot be written: {error.strerror}; check the folder and its disk") from error
