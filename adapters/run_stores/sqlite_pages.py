"""Pages of runs in `runs.db`."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rookery.domain.frozen import Timestamp
from rookery.domain.runs import RunFilter

_CREATED = "substr(replace(json_extract(body, '$.created_at'), 'Z', '') || '.000000', 1, 26)"
"""A moment with six digits after the point: JSON leaves them out where they are zeros."""


class _Condition(NamedTuple):
    sql: str
    values: Sequence[str]


def bodies(connection: sqlite3.Connection, where: RunFilter, *, cursor: str | None, limit: int) -> Iterator[str]:
    """Yield the JSON of runs that count, newest first, from below the cursor."""
    connection.create_function("folded", 1, str.casefold, deterministic=True)
    conditions = list(_conditions(where, cursor))
    wanted = " AND ".join(condition.sql for condition in conditions) or "TRUE"
    values = [value for condition in conditions for value in condition.values]
    query = f"SELECT body FROM runs WHERE {wanted} ORDER BY id DESC LIMIT ?"  # noqa: S608 - placeholders only
    for (body,) in connection.execute(query, [*values, limit]):
        yield body


def _conditions(where: RunFilter, cursor: str | None) -> Iterator[_Condition]:
    if where.statuses is not None:
        places = ", ".join("?" * len(where.statuses))
        yield _Condition(f"json_extract(body, '$.status') IN ({places})", [one.value for one in where.statuses])
    single = {
        "id < ?": cursor,
        "json_extract(body, '$.namespace') = ?": where.namespace,
        "json_extract(body, '$.agent') = ?": where.agent,
        "instr(folded(json_extract(body, '$.question')), ?) > 0": None if where.text is None else where.text.casefold(),
        f"{_CREATED} >= ?": _comparable(where.created_after),
        f"{_CREATED} < ?": _comparable(where.created_before),
    }
    for sql, value in single.items():
        if value is not None:
            yield _Condition(sql, [value])


def _comparable(moment: Timestamp | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="microseconds")[:26]
