"""Which passages have a name: by the title of their document, and by the terms that a name is made of."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from rookery.domain.names import name_key
from rookery.domain.sources import Passage, Source

T = TypeVar("T")

SCHEMA = """
CREATE TABLE titles (
  namespace TEXT NOT NULL, name TEXT NOT NULL, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
  PRIMARY KEY (namespace, name, document)
) WITHOUT ROWID;
CREATE INDEX titles_of ON titles (document);
INSERT INTO titles SELECT namespace, LOWER(TRIM(json_extract(body, '$.title'))), key FROM documents
"""
_MANY = 256  # passages with a term that says nothing by itself
_AT_ONCE = 500  # names and terms that are asked for at once


def insert_title(connection: sqlite3.Connection, source: Source, document: int) -> None:
    """Note what a document is called."""
    name = name_key(source.title)
    if name:
        connection.execute("INSERT INTO titles VALUES (?, ?, ?)", (source.namespace, name, document))


def titled(
    connection: sqlite3.Connection,
    namespace: str,
    names: Collection[str],
    *,
    limit: int,
    snapshots: Collection[str] | None,
) -> list[Passage]:
    """Return the first passages of the documents with these titles, of at most `limit` documents of each."""
    query = """
        SELECT titles.name, documents.sha256, passages.body FROM titles
        JOIN documents ON documents.key = titles.document JOIN passages ON passages.document = titles.document
        WHERE titles.namespace = ? AND titles.name IN ({}) AND passages.ordinal = 0 ORDER BY titles.document
    """
    found: dict[str, list[str]] = {}
    for some in _some(sorted(names)):
        for name, sha256, body in connection.execute(query.format(_places(some)), (namespace, *some)):
            if snapshots is None or sha256 in snapshots:
                found.setdefault(name, []).append(body)
    return [Passage.model_validate_json(body) for bodies in found.values() for body in bodies[:limit]]


def mentioning(
    connection: sqlite3.Connection,
    namespace: str,
    terms: Mapping[str, Collection[str]],
    *,
    limit: int,
    documents: Sequence[int] | None,
) -> dict[str, list[Passage]]:
    """Return the passages that have all terms of a name, for the names that at most `limit` passages have."""
    keys = _keys(connection, namespace, sorted(set().union(*terms.values())))
    within = None if documents is None else set(documents)
    postings: dict[int, dict[int, int]] = {}
    found: dict[str, list[int]] = {}
    for name, wanted in terms.items():
        if wanted and all(term in keys for term in wanted):
            has = _having(connection, [keys[term] for term in wanted], postings)
            passages = [passage for passage, document in has.items() if within is None or document in within]
            if 0 < len(passages) <= limit:
                found[name] = passages
    bodies = _bodies(connection, sorted({passage for passages in found.values() for passage in passages}))
    return {name: [bodies[passage] for passage in passages] for name, passages in found.items()}


def _having(
    connection: sqlite3.Connection, terms: Sequence[tuple[int, int]], known: dict[int, dict[int, int]]
) -> dict[int, int]:
    """Return the passages that have all terms, with their documents; none when each term is one that many have."""
    rarest, *others = [key for _, key in sorted((count, key) for key, count in terms)]
    if min(count for _, count in terms) > _MANY:
        return {}
    if rarest not in known:
        rows = connection.execute("SELECT passage, document FROM postings WHERE term = ?", (rarest,))
        known[rarest] = dict(rows.fetchall())
    has = known[rarest]
    for term in others:
        places = _places(list(has))
        rows = connection.execute(
            f"SELECT passage FROM postings WHERE term = ? AND passage IN ({places})",  # noqa: S608 - placeholders only
            (term, *has),
        )
        has = {passage: has[passage] for (passage,) in rows}
    return has


def _keys(connection: sqlite3.Connection, namespace: str, terms: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the keys of terms, and how many passages have each, not counted beyond what is many."""
    query = f"""
        SELECT term, key, (SELECT COUNT(*) FROM (SELECT 1 FROM postings WHERE term = terms.key LIMIT {_MANY + 1}))
        FROM terms WHERE namespace = ? AND term IN ({{}})
    """  # noqa: S608 - a number of our own, and placeholders
    return {
        term: (key, count)
        for some in _some(terms)
        for term, key, count in connection.execute(query.format(_places(some)), (namespace, *some))
        if count
    }


def _bodies(connection: sqlite3.Connection, passages: Sequence[int]) -> dict[int, Passage]:
    query = "SELECT key, body FROM passages WHERE key IN ({})"
    return {
        key: Passage.model_validate_json(body)
        for some in _some(passages)
        for key, body in connection.execute(query.format(_places(some)), some)
    }


def _some(values: Sequence[T]) -> list[Sequence[T]]:
    return [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]


def _places(values: Sequence[object]) -> str:
    return ",".join("?" for _ in values)
