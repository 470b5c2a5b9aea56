"""SQLite, as the local stores share it: one file each, WAL, blocking calls in a worker thread."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from rookery.domain.errors import RookeryError, StorageError

T = TypeVar("T")


class Database:
    """A SQLite file with a schema that is brought up to date when it is first used.

    Args:
        path: the file; its folder is made when it is missing.
        migrations: statements in order, separated by `;`. `PRAGMA user_version` counts those that were run.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self._path = path
        self._migrations = migrations
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a transaction in a worker thread: all of it is durable when this returns, or none of it.

        Raises:
            StorageError: SQLite failed; `retryable` when another process holds the file.
        """
        return await asyncio.to_thread(self._run, work)

    def close(self) -> None:
        """Close the file; the next `run` opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            try:
                connection = self._open()
                with connection:
                    return work(connection)
            except RookeryError:
                raise
            except (sqlite3.Error, OSError) as error:
                busy = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
                raise StorageError(
                    f"{self._path} cannot be used: {error}; check the disk and the folder's permissions", retryable=busy
                ) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(self._path, timeout=10, check_same_thread=False)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            self._migrate(connection)

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(self._migrations):
            raise StorageError(
                f"{self._path} was written by a newer Rookery (schema {version}); use that version, or another home"
            )
        for script in self._migrations[version:]:
            for statement in script.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(self._migrations)}")
