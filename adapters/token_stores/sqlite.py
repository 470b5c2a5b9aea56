"""Tokens in `access.db`."""

import sqlite3
from functools import lru_cache
from pathlib import Path

from rookery.adapters.support.sqlite import Schema
from rookery.domain.access import AccessToken
from rookery.domain.errors import NotFound
from rookery.domain.ports.token_store import TokenStorePort

_KNOWN = 1024  # tokens that are read with each request
_TABLES = "CREATE TABLE tokens (id TEXT PRIMARY KEY, created_at TEXT NOT NULL, body TEXT NOT NULL)"
SCHEMA = Schema("access.db", [_TABLES])


class SqliteTokenStore(TokenStorePort):
    """Digests of tokens; the secrets are nowhere."""

    def __init__(self, home: Path) -> None:
        self._database = SCHEMA.at(home)

    async def add(self, token: AccessToken) -> None:
        row = (token.id, token.created_at.isoformat(), token.model_dump_json())
        await self._database.run(lambda connection: connection.execute("INSERT INTO tokens VALUES (?, ?, ?)", row))

    async def all(self) -> list[AccessToken]:
        def read(connection: sqlite3.Connection) -> list[AccessToken]:
            rows = connection.execute("SELECT body FROM tokens ORDER BY created_at, id")
            return [_parsed(body) for (body,) in rows]

        return await self._database.run(read, brief=True)

    async def save(self, token: AccessToken) -> None:
        def write(connection: sqlite3.Connection) -> int:
            update = "UPDATE tokens SET body = ? WHERE id = ?"
            return connection.execute(update, (token.model_dump_json(), token.id)).rowcount

        if await self._database.run(write) == 0:
            raise NotFound(f"there is no token {token.id}")

    def close(self) -> None:
        """Close the file."""
        self._database.close()


@lru_cache(_KNOWN)
def _parsed(body: str) -> AccessToken:
    return AccessToken.model_validate_json(body)
