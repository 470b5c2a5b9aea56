"""SQLite, as the local stores share it: one file each, WAL, blocking calls in a worker thread."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from rookery.domain.errors import InvalidRequest, RookeryError, StorageError, StoreDamaged

T = TypeVar("T")
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PATIENCE = 10.0  # seconds that another who holds the file is waited for
_PAUSE = 0.01  # seconds


class Schema(NamedTuple):
    """A SQLite file of a home, and the statements that made it what it is.

    Attributes:
        file: its name within the home.
        migrations: as `Database` takes them. Those that were released are never changed; new ones are added.
        durable: as `Database` takes it.
    """

    file: str
    migrations: Sequence[str]
    durable: bool = True

    def at(self, home: Path) -> "Database":
        """Return the file of a home; nothing is opened yet."""
        return Database(home / self.file, self.migrations, durable=self.durable)

    def refuse_newer(self, home: Path, version: int) -> None:
        """Raise `StorageError` when a file of that version cannot be read by this Rookery."""
        _refuse_newer(home / self.file, version, len(self.migrations))


class Database:
    """A SQLite file with a schema that is brought up to date when it is first used.

    Args:
        path: the file; its folder is made when it is missing.
        migrations: statements in order, separated by `;`. `PRAGMA user_version` counts those that were run.
        durable: whether what a transaction wrote must survive a loss of power. Without it only a crash is survived,
            which is enough for what can be made again.
    """

    def __init__(self, path: Path, migrations: Sequence[str], *, durable: bool = True) -> None:
        self._path = path
        self._migrations = migrations
        self._durable = durable
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T], *, brief: bool = False) -> T:
        """Run `work` in a transaction in a worker thread: all of it is durable when this returns, or none of it.

        Args:
            work: what to do.
            brief: it reads a few rows by their keys, for which a thread would cost several times as much as the work:
                it runs at once when nobody else uses the file in this process. Readers do not wait for writers.

        Raises:
            InvalidRequest: a value is not Unicode text.
            StoreDamaged: what is in the file is not what SQLite wrote.
            StorageError: SQLite failed; `retryable` when another process holds the file.
        """
        if brief and self._connection is not None and self._lock.acquire(blocking=False):
            try:
                return self._translated(work)
            finally:
                self._lock.release()
        return await asyncio.to_thread(self._run, work)

    def run_now(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a transaction in this thread. Raises what `run` raises."""
        return self._run(work)

    async def destroy(self) -> None:
        """Remove the file with all that is in it; the next `run` makes it anew."""
        await asyncio.to_thread(self._destroy)

    def close(self) -> None:
        """Close the file; the next `run` opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            return self._translated(work)

    def _translated(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self.translating():
            connection = self._open()
            with connection:
                return work(connection)

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Raise what SQLite raises in the block as an error of ours."""
        try:
            yield
        except RookeryError:
            raise
        except UnicodeEncodeError as error:
            raise InvalidRequest("a text has half of a surrogate pair, which is no character") from error
        except (sqlite3.Error, OSError) as error:
            if getattr(error, "sqlite_errorcode", None) in _DAMAGED:
                raise StoreDamaged(f"{self._path} is damaged: {error}") from error
            busy = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
            raise StorageError(
                f"{self._path} cannot be used: {error}; check the disk and the folder's permissions", retryable=busy
            ) from error

    def _destroy(self) -> None:
        self.close()
        with self._lock:
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and _identity(self._path) != self._file:  # else what is written goes nowhere
            self._removed()
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(self._path, timeout=_PATIENCE, check_same_thread=False)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection, self._file = connection, _identity(self._path)
        return self._connection

    def _removed(self) -> None:
        if self._durable:
            raise StorageError(
                f"{self._path} was removed while it was open; restore it from a backup and start Rookery again"
            )
        assert self._connection is not None  # noqa: S101 - it was open
        self._connection.close()
        self._connection = None

    def _prepare(self, connection: sqlite3.Connection) -> None:
        _refuse_newer(self._path, _version(connection), len(self._migrations))  # before anything is written to it
        _write_ahead(connection)
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            self._migrate(connection)

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version = _version(connection)
        _refuse_newer(self._path, version, len(self._migrations))
        for script in self._migrations[version:]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(self._migrations)}")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _refuse_newer(path: Path, version: int, known: int) -> None:
    if version > known:
        raise StorageError(
            f"{path} was written by a newer Rookery (schema {version}, and this one knows {known}); use that version, "
            "or another home"
        )


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL, once for all; SQLite itself does not wait when several do that to a new file at once."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; a trigger is one, whatever stands in it."""
    pending = ""
    for part in script.split(";"):
        pending += f"{part};"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
