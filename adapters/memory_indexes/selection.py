"""Filters as SQL and as masks, and marks between pages."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from rookery.adapters.memory_indexes.view import Mask, View
from rookery.domain.errors import InvalidRequest
from rookery.domain.memories import MemoryFilter

_MARK = re.compile(r"(-?0x[01](?:\.[0-9a-f]{1,13})?p[+-][0-9]{1,3})~([0-9]{1,18})")
_VARIABLES = 10_000  # SQLite allows 32,766 in a statement


def selected(where: MemoryFilter) -> tuple[str, list[Any]]:
    """Return a condition on the table `slots`, with its values."""
    parts: list[tuple[str, list[Any]]] = [("1", [])]
    if where.namespaces is not None:
        parts.append((f"namespace IN ({_marks(where.namespaces)})", list(where.namespaces)))
    if where.since is not None:
        parts.append(("time >= ?", [where.since.timestamp()]))
    if where.until is not None:
        parts.append(("time < ?", [where.until.timestamp()]))
    parts += _by_tags(where)
    if where.source is not None:
        parts.append(_by_source(where.source))
    return " AND ".join(condition for condition, _ in parts), [value for _, values in parts for value in values]


def _by_tags(where: MemoryFilter) -> Iterator[tuple[str, list[Any]]]:
    if where.tags_any:
        marks = _marks(where.tags_any)
        yield f"doc IN (SELECT doc FROM tags WHERE tag IN ({marks}))", list(where.tags_any)  # noqa: S608
    if where.tags_all:
        tags = sorted(set(where.tags_all))
        every = f"SELECT doc FROM tags WHERE tag IN ({_marks(tags)}) GROUP BY doc HAVING COUNT(*) = ?"  # noqa: S608
        yield f"doc IN ({every})", [*tags, len(tags)]


def _by_source(wanted: str) -> tuple[str, list[Any]]:
    if not wanted.endswith("*"):
        return "source = ?", [wanted]
    prefix = wanted[:-1].encode("utf-8", "surrogatepass")  # of a text, SUBSTR sees nothing beyond a NUL
    return "SUBSTR(CAST(source AS BLOB), 1, ?) = ?", [len(prefix), prefix]


def restricted(view: View, connection: sqlite3.Connection, namespace: str, where: MemoryFilter) -> Mask:
    """Return which places pass a filter. Tags and sources are looked up, times are compared in memory."""
    if not where.narrows:
        return view.timeline.held
    looked_up = where.model_copy(update={"namespaces": [namespace], "since": None, "until": None})
    docs: set[int] | None = None
    if looked_up.narrows:
        condition, values = selected(looked_up)
        query = f"SELECT doc FROM slots WHERE live AND {condition}"  # noqa: S608 - placeholders only
        docs = {doc for (doc,) in connection.execute(query, values)}
    return view.mask(
        since=where.since.timestamp() if where.since else None,
        until=where.until.timestamp() if where.until else None,
        docs=docs,
    )


def cut(connection: sqlite3.Connection, query: str, values: Sequence[Any], *, first: Sequence[Any] = ()) -> list[Any]:
    """Return the rows of a query with `IN ({})`, asked in as many parts as SQLite's limit demands.

    Args:
        connection: to ask.
        query: which has placeholders for what comes `first`, and then the braces.
        values: that go into the braces.
        first: the same in every part.
    """
    rows = []
    for start in range(0, len(values), _VARIABLES):
        part = values[start : start + _VARIABLES]
        rows += connection.execute(query.format(_marks(part)), [*first, *part]).fetchall()
    return rows


def page_mark(time: float, doc: int) -> str:
    """Return where the next page begins."""
    return f"{time.hex()}~{doc}"


def read_mark(mark: str) -> tuple[float, int]:
    """Return the time and number that a mark holds.

    Raises:
        InvalidRequest: it is none.
    """
    match = _MARK.fullmatch(mark)
    if match is None:
        raise InvalidRequest("that is not the cursor of a page: take `next_cursor` as it was given")
    return float.fromhex(match[1]), int(match[2])


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" for _ in values)
