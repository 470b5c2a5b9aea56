"""What lies in a home, and what of it a backup keeps.

Kept: the databases, and whatever else lies there (agents, workspaces of runs, settings), since what is unknown may be
all that somebody has. Left out: what can be made again (indexes, caches of models), what means something to the running
processes of this machine alone (locks, Prefect's own server), what is not finished, and models, unless they are wanted.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rookery.domain.backups import is_plain_path

MODELS = "models"
RESTORING = ".restore"
READY = "ready"
LOCK = "restore.lock"
ASIDE = "before-restore-"
_PASSING = {"locks", "prefect", "llama", "lost+found", RESTORING, LOCK}
_PASSING_SUFFIXES = (".lock", ".part", ".part.json", "-wal", "-shm", "-journal")  # the last: a copy has them in it
_MAGIC = b"SQLite format 3\x00"


class Contents(NamedTuple):
    """Paths below a home, with slashes, in the order in which they are copied; and what cannot be."""

    databases: list[str]
    files: list[str]
    odd: list[str]


def contents(home: Path, *, order: Sequence[str], left_out: Collection[str], models: bool = False) -> Contents:
    """Return what a backup keeps of a home.

    Args:
        home: the folder.
        order: names of databases; those that are there come first, in this order. Others follow.
        left_out: what else lies at the top and is not kept.
        models: whether models are.
    """
    skipped = {*_PASSING, *left_out, *(() if models else (MODELS,))}
    databases, files, odd = [], [], []
    for path in _paths(home, skipped):
        if not is_plain_path(path) or (home / path).is_symlink() or not (home / path).is_file():
            odd.append(path)
        elif _is_database(home / path):
            databases.append(path)
        else:
            files.append(path)
    known = [name for name in order if name in databases]
    return Contents([*known, *(name for name in databases if name not in order)], files, odd)


def is_half_restored(home: Path) -> bool:
    """Tell whether a restore was cut short after its backup had become what holds: then it must be finished first."""
    return (home / RESTORING / READY).is_file()


def state(home: Path, *, keeps_models: bool) -> list[str]:
    """Return what lies at the top of a home and belongs to it, sorted; `keeps_models`: models do not count."""
    if not home.is_dir():
        return []
    passing = {*_PASSING, *((MODELS,) if keeps_models else ())}
    names = (entry.name for entry in home.iterdir())
    return sorted(name for name in names if not _is_skipped(name, passing) and not name.endswith(".lock"))


def _paths(home: Path, skipped: Collection[str]) -> Iterator[str]:
    for folder, folders, names in os.walk(home):
        inside = Path(folder).relative_to(home)
        at_top = inside == Path()
        linked = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = sorted(
            name for name in folders if name not in linked and not (at_top and _is_skipped(name, skipped))
        )
        for name in sorted([*names, *linked]):
            if _is_lasting(name) and not (at_top and _is_skipped(name, skipped)):
                yield (inside / name).as_posix()


def _is_skipped(name: str, skipped: Collection[str]) -> bool:
    return name in skipped or name.startswith(ASIDE)


def _is_lasting(name: str) -> bool:
    return not name.endswith(_PASSING_SUFFIXES)


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False
