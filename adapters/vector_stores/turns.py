"""Turns between the processes that use one folder.

Chroma keeps an index in memory and writes it out over what another process has written meanwhile, so that vectors are
lost without an error. Hence one process at a time, and each learns whether another has written since its last turn.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_PATIENCE_SECONDS = 120.0


class Turns:
    """A lock and a count of writes, in two small files of the folder.

    The lock is that of an empty SQLite file: it holds on every platform and ends with the process. The count is not
    in the database because it must be raised before a write that may crash, and without giving the lock back.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = folder / "turns.sqlite3"
        self._count = folder / "turns.count"

    @contextmanager
    def take(self) -> Iterator[int]:
        """Wait for the turn and give the number of writes so far.

        Raises:
            sqlite3.OperationalError: the turn did not come in two minutes, or the folder cannot be written.
        """
        with closing(sqlite3.connect(self._lock, timeout=_PATIENCE_SECONDS, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield self._read()
            connection.execute("ROLLBACK")

    def announce_write(self) -> int:
        """Raise the count, before writing and within a turn; return it."""
        count = self._read() + 1
        unfinished = self._count.with_suffix(".new")
        unfinished.write_text(str(count), encoding="ascii")
        unfinished.replace(self._count)
        return count

    def _read(self) -> int:
        try:
            return int(self._count.read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0
