"""Runs in `runs.db`."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from functools import lru_cache
from pathlib import Path

from rookery.adapters.run_stores import sqlite_calls, sqlite_pages, sqlite_receiving
from rookery.adapters.run_stores.sqlite_pulses import RunPulses
from rookery.adapters.support.pulse import Pulse
from rookery.adapters.support.sqlite import Schema
from rookery.adapters.support.write_queue import WriteQueue
from rookery.domain.calls import ModelCall, StepRecord, StoredCall
from rookery.domain.errors import Conflict, InvalidRequest, NotFound
from rookery.domain.events import RunEvent, ends_run, run_event_adapter
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.run_store import RunPage, RunStorePort
from rookery.domain.run_log import StoreRecord
from rookery.domain.runs import ALL_RUNS, Run, RunFilter, StopRequest

_TABLES = """
CREATE TABLE runs (id TEXT PRIMARY KEY, idempotency_key TEXT UNIQUE, stop TEXT, body TEXT NOT NULL);
CREATE TABLE events (run_id TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run_id, seq))
    WITHOUT ROWID;
CREATE TABLE steps (run_id TEXT NOT NULL, step TEXT NOT NULL, input_hash TEXT NOT NULL, output TEXT NOT NULL,
    PRIMARY KEY (run_id, step, input_hash)) WITHOUT ROWID
"""
_EVENT_KEYS = """
ALTER TABLE events ADD COLUMN key TEXT;
CREATE UNIQUE INDEX events_by_key ON events (run_id, key) WHERE key IS NOT NULL
"""
SCHEMA = Schema("runs.db", [_TABLES, _EVENT_KEYS, sqlite_calls.SCHEMA])
_KNOWN_TEXTS = (
    4096  # texts whose numbers are kept in mind, so that texts of growing conversations are not written again
)
_KNOWN_RUNS = 256
_AT_ONCE = 100  # events that who follows reads at once; no more, as everybody else waits meanwhile
_POLL_SECONDS = 0.2  # how soon who waits sees what another process wrote; what this one writes is seen at once


class SqliteRunStore(RunStorePort):
    """Safe for several processes: each event takes its number inside the transaction that stores it."""

    def __init__(self, home: Path, *, clock: ClockPort) -> None:
        self._database = SCHEMA.at(home)
        self._clock = clock
        self._texts: dict[str, int] = {}
        self._pulses = RunPulses(self._database)
        self._touched: set[str] = set()
        self._queue = WriteQueue(self._database, after=self._tell, lost=self._forget_texts)
        self._asked = Pulse()

    async def create(self, run: Run, *, idempotency_key: str | None = None) -> Run:
        def write(connection: sqlite3.Connection) -> Run:
            if idempotency_key is not None:
                row = connection.execute(
                    "SELECT body FROM runs WHERE idempotency_key = ?", (idempotency_key,)
                ).fetchone()
                if row is not None:
                    return _parsed(row[0])
            insert = "INSERT INTO runs (id, idempotency_key, body) VALUES (?, ?, ?)"
            connection.execute(insert, (run.id, idempotency_key, run.model_dump_json()))
            return run

        stored = await self._database.run(write)
        if stored.request() != run.request():
            raise Conflict("this Idempotency-Key was used for another request; use a new one")
        return stored

    async def get(self, run_id: str) -> Run:
        row = await self._one("SELECT body FROM runs WHERE id = ?", run_id)
        if row is None:
            raise NotFound(f"there is no run {run_id}; `rookery runs list` shows them")
        return _parsed(row)

    async def save(self, run: Run, event: RunEvent) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE runs SET body = ? WHERE id = ?", (run.model_dump_json(), run.id))
            self._append(connection, run.id, event)

        await self._queue.put(write)

    async def page(self, *, limit: int, cursor: str | None = None, where: RunFilter = ALL_RUNS) -> RunPage:
        if cursor is not None and await self._one("SELECT id FROM runs WHERE id = ?", cursor) is None:
            raise InvalidRequest("this cursor is none of ours; use the `next_cursor` of a page")

        def read(connection: sqlite3.Connection) -> list[Run]:
            return [_parsed(body) for body in sqlite_pages.bodies(connection, where, cursor=cursor, limit=limit + 1)]

        runs = await self._database.run(read)
        return RunPage(runs[:limit], runs[limit - 1].id if len(runs) > limit else None)

    async def append(self, run_id: str, event: RunEvent, *, key: str | None = None) -> RunEvent:
        return await self._queue.put(lambda connection: self._append_once(connection, run_id, event, key))

    def post(self, run_id: str, event: RunEvent, *, key: str | None = None) -> None:
        self._queue.post(lambda connection: self._append_once(connection, run_id, event, key))

    async def events(self, run_id: str, *, after: int = 0) -> list[RunEvent]:
        await self._queue.settle()
        return await self._database.run(_events_after(run_id, after, -1))

    async def follow(self, run_id: str, *, after: int = 0) -> AsyncIterator[RunEvent]:
        while True:
            appended = self._pulses.next(run_id)
            come = await self._database.run(_events_after(run_id, after, _AT_ONCE), brief=True)
            for event in come:
                after = event.seq
                yield event
                if ends_run(event):
                    return
            if come:
                continue
            if await self._ended(run_id, by=after):
                return
            await self._pulses.wait(appended)

    async def save_step(self, run_id: str, step: str, input_hash: str, output: str) -> None:
        await self._queue.put(_recording(run_id, step, input_hash, output))

    def post_step(self, run_id: str, step: str, input_hash: str, output: str) -> None:
        self._queue.post(_recording(run_id, step, input_hash, output))

    async def settle(self) -> None:
        await self._queue.settle()

    async def steps(self, run_id: str) -> list[StepRecord]:
        def read(connection: sqlite3.Connection) -> list[StepRecord]:
            query = "SELECT step, input_hash, output FROM steps WHERE run_id = ? ORDER BY step, input_hash"
            rows = connection.execute(query, (run_id,))
            return [StepRecord(step=step, input_hash=given, output=output) for step, given, output in rows]

        await self._queue.settle()
        return await self._database.run(read)

    def post_call(self, run_id: str, call: ModelCall) -> None:
        at = self._clock.now()

        def write(connection: sqlite3.Connection) -> None:
            known = self._texts if len(self._texts) < _KNOWN_TEXTS else {}
            self._texts = {}  # until this is written
            sqlite_calls.write_call(connection, run_id, at, call, known=known)
            self._texts = known

        self._queue.post(write)

    async def calls(self, run_id: str) -> list[StoredCall]:
        await self._queue.settle()
        return await self._database.run(lambda connection: sqlite_calls.read_calls(connection, run_id))

    async def receive(self, run_id: str, records: Sequence[StoreRecord]) -> None:
        def write(connection: sqlite3.Connection) -> None:
            sqlite_receiving.write_records(connection, run_id, records)
            self._touched.add(run_id)

        await self._queue.put(write)

    async def ask_to_stop(self, run_id: str, stop: StopRequest | None) -> None:
        update = "UPDATE runs SET stop = ? WHERE id = ?"
        await self._database.run(lambda connection: connection.execute(update, (stop, run_id)))
        self._asked.beat()

    async def stop_asked(self, run_id: str) -> StopRequest | None:
        asked = await self._one("SELECT stop FROM runs WHERE id = ?", run_id)
        return StopRequest(asked) if asked else None

    async def wait_for_cancel(self, run_id: str) -> None:
        while True:
            asked = self._asked.next()
            if await self.stop_asked(run_id) is StopRequest.CANCEL:
                return
            await _wait(asked)

    def close(self) -> None:
        """Store what was posted, and close the file."""
        try:
            self._queue.drain()
        finally:
            self._database.close()

    def _tell(self) -> None:
        touched, self._touched = self._touched, set()
        self._pulses.beat(touched)

    def _forget_texts(self) -> None:
        self._texts = {}

    def _append_once(self, connection: sqlite3.Connection, run_id: str, event: RunEvent, key: str | None) -> RunEvent:
        query = "SELECT body FROM events WHERE run_id = ? AND key = ?"
        told = connection.execute(query, (run_id, key)).fetchone() if key is not None else None
        return run_event_adapter.validate_json(told[0]) if told else self._append(connection, run_id, event, key)

    def _append(self, connection: sqlite3.Connection, run_id: str, event: RunEvent, key: str | None = None) -> RunEvent:
        last = connection.execute("SELECT coalesce(max(seq), 0) FROM events WHERE run_id = ?", (run_id,)).fetchone()
        stamped = event.model_copy(update={"run_id": run_id, "seq": last[0] + 1, "at": self._clock.now()})
        insert = "INSERT INTO events (run_id, seq, body, key) VALUES (?, ?, ?, ?)"
        connection.execute(insert, (run_id, stamped.seq, stamped.model_dump_json(), key))
        self._touched.add(run_id)
        return stamped

    async def _ended(self, run_id: str, *, by: int) -> bool:
        last = await self._one("SELECT body FROM events WHERE run_id = ? ORDER BY seq DESC LIMIT 1", run_id)
        event = None if last is None else run_event_adapter.validate_json(last)
        return event is not None and event.seq <= by and ends_run(event)

    async def _one(self, query: str, *parameters: str) -> str | None:
        def read(connection: sqlite3.Connection) -> str | None:
            row = connection.execute(query, parameters).fetchone()
            return None if row is None else row[0]

        return await self._database.run(read, brief=True)


@lru_cache(_KNOWN_RUNS)
def _parsed(body: str) -> Run:
    """Return a run as it is stored. Finished ones do not change, and are read often."""
    return Run.model_validate_json(body)


def _events_after(run_id: str, after: int, limit: int) -> Callable[[sqlite3.Connection], list[RunEvent]]:
    query = "SELECT body FROM events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?"

    def read(connection: sqlite3.Connection) -> list[RunEvent]:
        rows = connection.execute(query, (run_id, after, limit))
        return [run_event_adapter.validate_json(body) for (body,) in rows]

    return read


def _recording(run_id: str, step: str, input_hash: str, output: str) -> Callable[[sqlite3.Connection], object]:
    row = (run_id, step, input_hash, output)
    return lambda connection: connection.execute("INSERT OR IGNORE INTO steps VALUES (?, ?, ?, ?)", row)


async def _wait(beat: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_POLL_SECONDS):  # with Python 3.11, `wait_for` swallows a cancellation amid a beat
            await beat.wait()
