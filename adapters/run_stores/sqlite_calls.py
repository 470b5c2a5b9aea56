"""Calls of models in `runs.db`: each text once under its digest, whatever number of calls it belongs to."""

import json
import sqlite3
from datetime import datetime
from functools import lru_cache

from rookery.domain.calls import ModelCall, StoredCall
from rookery.domain.sources import text_digest

SCHEMA = """
CREATE TABLE texts (id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, text TEXT NOT NULL);
CREATE TABLE calls (run_id TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run_id, number))
    WITHOUT ROWID
"""
_TEXTS = {"messages", "json_schema", "reply"}
_digest = lru_cache(256)(text_digest)  # growing conversations bring the same texts again and again


def write_call(
    connection: sqlite3.Connection, run_id: str, at: datetime, call: ModelCall, *, known: dict[str, int]
) -> None:
    """Write a call, numbered within its run.

    Args:
        connection: in a transaction.
        run_id: of the run.
        at: when the reply came.
        call: what was said.
        known: numbers of texts that are stored, by digest; those that this call brings are added.
    """
    [last] = connection.execute("SELECT coalesce(max(number), 0) FROM calls WHERE run_id = ?", (run_id,)).fetchone()
    receive_call(connection, run_id, StoredCall(number=last + 1, at=at, call=call), known=known)


def receive_call(connection: sqlite3.Connection, run_id: str, stored: StoredCall, *, known: dict[str, int]) -> None:
    """Write a call that has its number; one that is there already is left as it is. The rest as with `write_call`."""

    def put(text: str) -> int:
        digest = _digest(text)
        if digest not in known:
            connection.execute("INSERT OR IGNORE INTO texts (sha256, text) VALUES (?, ?)", (digest, text))
            [known[digest]] = connection.execute("SELECT id FROM texts WHERE sha256 = ?", (digest,)).fetchone()
        return known[digest]

    call = stored.call
    body = call.model_dump(mode="json", exclude=_TEXTS) | {
        "messages": [(message.role, put(message.content)) for message in call.messages],
        "json_schema": None if call.json_schema is None else put(json.dumps(call.json_schema)),
        "reply": None if call.reply is None else put(call.reply),
    }
    row = (run_id, stored.number, json.dumps({"at": stored.at.isoformat(), "call": body}))
    connection.execute("INSERT OR IGNORE INTO calls VALUES (?, ?, ?)", row)


def read_calls(connection: sqlite3.Connection, run_id: str) -> list[StoredCall]:
    """Return the calls of a run, by number."""

    @lru_cache(None)
    def text(number: int) -> str:
        [found] = connection.execute("SELECT text FROM texts WHERE id = ?", (number,)).fetchone()
        return str(found)

    def call(number: int, row: str) -> StoredCall:
        stored = json.loads(row)
        body = stored["call"]
        body["messages"] = [{"role": role, "content": text(number)} for role, number in body["messages"]]
        if body["json_schema"] is not None:
            body["json_schema"] = json.loads(text(body["json_schema"]))
        if body["reply"] is not None:
            body["reply"] = text(body["reply"])
        return StoredCall.model_validate({"number": number, "at": stored["at"], "call": body})

    rows = connection.execute("SELECT number, body FROM calls WHERE run_id = ? ORDER BY number", (run_id,)).fetchall()
    return [call(number, row) for number, row in rows]
