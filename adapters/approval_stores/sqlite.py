"""Approvals in `approvals.db`."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

from rookery.adapters.approval_stores.deciding import decided, same
from rookery.adapters.support.pulse import Pulse
from rookery.adapters.support.sqlite import Schema
from rookery.domain.approvals import Approval, ApprovalStatus, Decision
from rookery.domain.errors import NotFound
from rookery.domain.ports.approval_store import ApprovalStorePort
from rookery.domain.ports.clock import ClockPort

_TABLES = """
CREATE TABLE approvals (id TEXT PRIMARY KEY, run_id TEXT NOT NULL, requested_at TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX approvals_by_run ON approvals (run_id)
"""
_POLL_SECONDS = 0.2  # how soon who waits sees what another process wrote; what this one writes is seen at once
SCHEMA = Schema("approvals.db", [_TABLES])


class SqliteApprovalStore(ApprovalStorePort):
    """One row each. Two who decide at once do so one after the other, and the second one sees what the first did."""

    def __init__(self, home: Path, *, clock: ClockPort) -> None:
        self._database = SCHEMA.at(home)
        self._clock = clock
        self._decided = Pulse()

    async def request(self, approval: Approval) -> Approval:
        def write(connection: sqlite3.Connection) -> Approval:
            row = (approval.id, approval.run_id, approval.requested_at.isoformat(), approval.model_dump_json())
            connection.execute("INSERT INTO approvals VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING", row)
            return _stored(connection, approval.id)

        return same(await self._database.run(write), approval).at(self._clock.now())

    async def get(self, approval_id: str) -> Approval:
        stored = await self._database.run(lambda connection: _stored(connection, approval_id), brief=True)
        return stored.at(self._clock.now())

    async def all(self, *, status: ApprovalStatus | None = None, run_id: str | None = None) -> list[Approval]:
        def read(connection: sqlite3.Connection) -> list[Approval]:
            rows = connection.execute(
                "SELECT body FROM approvals WHERE ?1 IS NULL OR run_id = ?1 ORDER BY requested_at, id", (run_id,)
            )
            return [Approval.model_validate_json(body) for (body,) in rows]

        now = self._clock.now()
        found = [approval.at(now) for approval in await self._database.run(read)]
        return [approval for approval in found if status in (None, approval.status)]

    async def decide(self, approval_id: str, decision: Decision, *, by: str) -> Approval:
        def write(connection: sqlite3.Connection) -> Approval:
            connection.execute("BEGIN IMMEDIATE")
            approval = decided(_stored(connection, approval_id), decision, by, self._clock.now())
            update = "UPDATE approvals SET body = ? WHERE id = ?"
            connection.execute(update, (approval.model_dump_json(), approval_id))
            return approval

        approval = await self._database.run(write)
        self._decided.beat()
        return approval

    async def wait(self, approval_id: str, *, seconds: float) -> Approval:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._until_decided(approval_id)
        return await self.get(approval_id)

    async def _until_decided(self, approval_id: str) -> None:
        decided = self._decided.next()
        while (await self.get(approval_id)).status is ApprovalStatus.PENDING:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(decided.wait(), _POLL_SECONDS)
            decided = self._decided.next()

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _stored(connection: sqlite3.Connection, approval_id: str) -> Approval:
    row = connection.execute("SELECT body FROM approvals WHERE id = ?", (approval_id,)).fetchone()
    if row is None:
        raise NotFound(f"there is no approval {approval_id}; `rookery approvals list` shows them")
    return Approval.model_validate_json(row[0])
