"""SQLite files of a home as a whole: their schema, a copy while others write, whether they are sound or in use."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from rookery.domain.errors import Conflict, StorageError, StoreDamaged

_PAGES_AT_ONCE = 1024
_PATIENCE = 10.0  # seconds
_VERSION_AT = 60  # bytes from the beginning: https://www.sqlite.org/fileformat.html#the_database_header
_HEADER = 100


def stored_version(path: Path) -> int:
    """Return the number of a file's schema without opening it; 0 where there is none.

    One that is being raised may stand in the write-ahead log alone; whoever opens the file sees it.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}; check the folder's permissions") from error
    return int.from_bytes(header[_VERSION_AT : _VERSION_AT + 4], "big") if len(header) == _HEADER else 0


def copy_database(source: Path, target: Path, tell: Callable[[int], None]) -> int:
    """Copy a database as it is at this moment, and return the number of its schema.

    The copy is made within one read transaction: others write on, and it neither sees what they write nor has to begin
    again. It is a single file, without a log beside it.

    Args:
        source: may be in use.
        target: is replaced.
        tell: told how many bytes more are copied.

    Raises:
        StoreDamaged: the source is not sound.
        StorageError: it cannot be read, or the copy cannot be written.
    """
    target.unlink(missing_ok=True)
    try:
        with closing(_opened(source)) as reading, closing(sqlite3.connect(target)) as copy:
            reading.execute("BEGIN")
            page = reading.execute("PRAGMA page_size").fetchone()[0]
            version: int = reading.execute("PRAGMA user_version").fetchone()[0]
            reading.backup(copy, pages=_PAGES_AT_ONCE, progress=_told(tell, page), sleep=0)
            copy.execute("PRAGMA journal_mode = DELETE")
            problems = _problems(copy)
    except sqlite3.DatabaseError as error:
        raise _translated(error, source) from error
    if problems:
        raise StoreDamaged(f"{source} is damaged ({problems[0]}), so it was not copied; `rookery doctor` says more")
    return version


def check_database(path: Path) -> list[str]:
    """Return what is wrong with a file; `[]` for a sound one.

    Raises:
        StorageError: it cannot be read.
    """
    try:
        with closing(_opened(path)) as connection:
            return _problems(connection)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise _translated(error, path) from error
        return [str(error)]


@contextmanager
def unused(paths: Sequence[Path]) -> Iterator[None]:
    """Keep others from opening these databases while the block runs. What is damaged is nobody's.

    Raises:
        Conflict: another process has one open.
        StorageError: one cannot be read.
    """
    with ExitStack() as stack:
        for path in paths:
            connection = stack.enter_context(closing(_opened(path, patience=0)))
            try:
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.DatabaseError as error:
                _refuse_busy(error, path)
        yield


def _refuse_busy(error: sqlite3.DatabaseError, path: Path) -> None:
    if not isinstance(error, sqlite3.OperationalError):
        return
    if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise Conflict(
            f"{path.parent} is in use: another process has {path.name} open; stop `rookery serve`, workers and what "
            "else runs there, and try again"
        ) from error
    raise _translated(error, path) from error


def _opened(path: Path, *, patience: float = _PATIENCE) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=patience, isolation_level=None)


def _problems(connection: sqlite3.Connection) -> list[str]:
    return [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)") if row[0] != "ok"]


def _told(tell: Callable[[int], None], page: int) -> Callable[[int, int, int], None]:
    done = 0

    def told(_: int, remaining: int, total: int) -> None:
        nonlocal done
        tell((total - remaining - done) * page)
        done = total - remaining

    return told


def _translated(error: sqlite3.DatabaseError, path: Path) -> StorageError:
    if isinstance(error, sqlite3.OperationalError):
        return StorageError(f"{path} cannot be copied: {error}; check the disks and the folder's permissions")
    return StoreDamaged(f"{path} is damaged: {error}; restore it from a backup")
