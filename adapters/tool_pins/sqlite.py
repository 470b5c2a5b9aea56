"""Pins in `pins.db`."""

import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path

from rookery.adapters.support.sqlite import Schema
from rookery.domain.pins import Pin
from rookery.domain.ports.tool_pins import ToolPinStorePort

_TABLES = """CREATE TABLE pins (
    server TEXT NOT NULL, tool TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (server, tool)
)"""
SCHEMA = Schema("pins.db", [_TABLES])


class SqliteToolPinStore(ToolPinStorePort):
    """What a person accepted, for all processes of a home."""

    def __init__(self, home: Path) -> None:
        self._database = SCHEMA.at(home)

    async def pins(self, server: str) -> list[Pin]:
        def read(connection: sqlite3.Connection) -> list[Pin]:
            rows = connection.execute("SELECT body FROM pins WHERE server = ? ORDER BY tool", (server,))
            return [Pin.model_validate_json(body) for (body,) in rows]

        return await self._database.run(read)

    async def accept(self, pins: Sequence[Pin]) -> None:
        rows = [(pin.server, pin.tool.name, pin.model_dump_json()) for pin in pins]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO pins VALUES (?, ?, ?)", rows)

        await self._database.run(write)

    async def drop(self, server: str, tools: Collection[str] | None = None) -> None:
        def remove(connection: sqlite3.Connection) -> None:
            if tools is None:
                connection.execute("DELETE FROM pins WHERE server = ?", (server,))
            else:
                rows = [(server, tool) for tool in tools]
                connection.executemany("DELETE FROM pins WHERE server = ? AND tool = ?", rows)

        await self._database.run(remove)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
