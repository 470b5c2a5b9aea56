"""Turns between the processes that use one folder.

Chroma keeps an index in memory and writes it out over what another process has written meanwhile, so that vectors are
lost without an error. Hence one process at a time, and each learns whether another has written since its last turn.
Turns for reading only would not do: what looks like a read may bring Chroma's files up to date.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE_SECONDS = 120.0


class Turns:
    """A lock and a count of writes, in two small files of the folder. For one thread.

    The lock is that of an empty SQLite file: it holds on every platform and ends with the process. It is kept open,
    because opening it costs more than a turn. The count is not in the database because it must be raised before a
    write that may crash, and without giving the lock back.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = folder / "turns.sqlite3"
        self._count = folder / "turns.count"
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    @property
    def files(self) -> frozenset[str]:
        """The names of the two files, which must outlive everything else in the folder."""
        return frozenset({self._lock.name, self._count.name})

    @contextmanager
    def take(self) -> Iterator[int]:
        """Wait for the turn and give the number of writes so far.

        Raises:
            sqlite3.Error: the turn did not come in two minutes, or the lock's file is not usable.
        """
        connection = self._begin()
        try:
            yield self._read()
        finally:
            connection.rollback()

    def announce_write(self) -> int:
        """Raise the count, before writing and within a turn; return it."""
        count = self._read() + 1
        unfinished = self._count.with_suffix(".new")
        unfinished.write_text(str(count), encoding="ascii")
        unfinished.replace(self._count)
        return count

    def mend(self) -> None:
        """Remove a lock that is not one; nothing happens to a sound one."""
        try:
            with self.take():
                pass
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            self.close()
            self._lock.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the lock's file; the next turn opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begin(self) -> sqlite3.Connection:
        while True:
            connection = self._open()
            connection.execute("BEGIN EXCLUSIVE")
            if self._file == _identity(self._lock):
                return connection
            self.close()  # the folder was replaced: this lock is one that nobody else sees

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or self._file != _identity(self._lock):
            self.close()
            self._connection = sqlite3.connect(
                self._lock, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = MEMORY")
            self._file = _identity(self._lock)
        return self._connection

    def _read(self) -> int:
        try:
            return int(self._count.read_bytes())
        except FileNotFoundError:
            return 0
        except ValueError:
            return -1


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(file)  # noqa: PTH116  Path.stat costs twice as much, and this is in every call
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
