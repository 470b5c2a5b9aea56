"""What another store has kept of a run, written to `runs.db` as it stands there."""

import sqlite3
from collections.abc import Sequence

from rookery.adapters.run_stores.sqlite_calls import receive_call
from rookery.domain.calls import StepRecord
from rookery.domain.run_log import CallKept, EventKept, RunKept, StepKept, StoreRecord


def write_records(connection: sqlite3.Connection, run_id: str, records: Sequence[StoreRecord]) -> None:
    """Write the records of a run, in a transaction. What is there already stays; of the run itself, the later state."""
    [last] = connection.execute("SELECT coalesce(max(seq), 0) FROM events WHERE run_id = ?", (run_id,)).fetchone()
    known: dict[str, int] = {}
    for record in records:
        match record:
            case EventKept():
                _write_event(connection, run_id, record)
            case StepKept(step=step):
                _write_step(connection, run_id, step)
            case CallKept(call=call):
                receive_call(connection, run_id, call, known=known)
            case RunKept():
                _write_run(connection, record, last=last)


def _write_event(connection: sqlite3.Connection, run_id: str, kept: EventKept) -> None:
    row = (run_id, kept.event.seq, kept.event.model_dump_json(), kept.key)
    connection.execute("INSERT OR IGNORE INTO events (run_id, seq, body, key) VALUES (?, ?, ?, ?)", row)


def _write_step(connection: sqlite3.Connection, run_id: str, step: StepRecord) -> None:
    row = (run_id, step.step, step.input_hash, step.output)
    connection.execute("INSERT OR IGNORE INTO steps VALUES (?, ?, ?, ?)", row)


def _write_run(connection: sqlite3.Connection, kept: RunKept, *, last: int) -> None:
    body = kept.run.model_dump_json()
    connection.execute("INSERT OR IGNORE INTO runs (id, body) VALUES (?, ?)", (kept.run.id, body))
    if kept.seq >= last:
        connection.execute("UPDATE runs SET body = ? WHERE id = ?", (body, kept.run.id))
