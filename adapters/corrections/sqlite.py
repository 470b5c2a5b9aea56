"""Corrections in `corrections.db`."""

import sqlite3
from pathlib import Path

from rookery.adapters.support.sqlite import Schema
from rookery.domain.ports.correction_store import CorrectionStorePort
from rookery.domain.tuning import Correction

_TABLES = """CREATE TABLE corrections (
    run_id TEXT NOT NULL, claim INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run_id, claim)
)"""
SCHEMA = Schema("corrections.db", [_TABLES])


class SqliteCorrectionStore(CorrectionStorePort):
    """For all processes of a home."""

    def __init__(self, home: Path) -> None:
        self._database = SCHEMA.at(home)

    async def add(self, correction: Correction) -> None:
        row = (correction.run_id, correction.claim, correction.model_dump_json())

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO corrections VALUES (?, ?, ?)", row)

        await self._database.run(write)

    async def of_run(self, run_id: str) -> list[Correction]:
        def read(connection: sqlite3.Connection) -> list[Correction]:
            rows = connection.execute("SELECT body FROM corrections WHERE run_id = ? ORDER BY claim", (run_id,))
            return [Correction.model_validate_json(body) for (body,) in rows]

        return await self._database.run(read)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
