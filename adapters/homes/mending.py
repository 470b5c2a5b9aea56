"""What crashes and interruptions leave in a home, and taking it away. Nothing that somebody may want is touched."""

import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from rookery.adapters.homes.contents import ASIDE, MODELS, RESTORING, is_half_restored
from rookery.domain.errors import StorageError

_OTHERS = stat.S_IRWXO
_FORGOTTEN = timedelta(days=7)  # after which nobody takes a download up again


def is_open_to_others(home: Path) -> bool:
    """Tell whether people of this machine who are not of the home's group may look into it."""
    return home.is_dir() and bool(home.stat().st_mode & _OTHERS)


def close_to_others(home: Path) -> None:
    """Take away what others may do.

    Raises:
        StorageError: the home is somebody else's.
    """
    try:
        home.chmod(stat.S_IMODE(home.stat().st_mode) & ~_OTHERS)
    except OSError as error:
        raise StorageError(f"{home} cannot be closed to others: {error.strerror}; its owner can do it") from error


def half_downloads(home: Path, now: datetime) -> list[Path]:
    """Return what was begun to be downloaded and not gone on with for a week, and files that were never finished."""
    folder = home / MODELS
    begun = [*folder.rglob("*.part"), *folder.rglob("*.part.json"), *folder.glob("probes/.*")]
    return sorted(path for path in begun if path.is_file() and _age(path, now) > _FORGOTTEN)


def remove(*paths: Path) -> None:
    """Remove files that may be there.

    Raises:
        StorageError: one cannot be removed.
    """
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{path} cannot be removed: {error.strerror}") from error


def put_aside(home: Path) -> list[Path]:
    """Return the folders in which restores have put what was there before."""
    return sorted(home.glob(f"{ASIDE}*"))


def is_begun(home: Path) -> bool:
    """Tell whether a restore was cut short before it changed anything, or is at work."""
    return (home / RESTORING).is_dir() and not is_half_restored(home)


def run_locks(home: Path) -> Iterator[tuple[str, Path]]:
    """Yield the ids of runs with the files by which they are locked."""
    for path in sorted((home / "locks").glob("*.lock")):
        yield path.stem, path


def _age(path: Path, now: datetime) -> timedelta:
    return now - datetime.fromtimestamp(path.stat().st_mtime, now.tzinfo)
