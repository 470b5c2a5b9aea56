"""Standings that are gone with their process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rookery.domain.errors import Conflict
from rookery.domain.ports.sync_ledger import SyncLedgerPort
from rookery.domain.sync import Standing


class InMemorySyncLedger(SyncLedgerPort):
    """Keeps standings in a dictionary."""

    def __init__(self) -> None:
        self._standings: dict[str, Standing] = {}
        self._taken = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        if self._taken:
            raise Conflict("another task syncs")
        self._taken = True
        try:
            yield
        finally:
            self._taken = False

    async def load(self, remote: str) -> Standing | None:
        return self._standings.get(remote)

    async def save(self, remote: str, standing: Standing) -> None:
        self._standings[remote] = standing

    def close(self) -> None:
        """There is nothing to close."""
