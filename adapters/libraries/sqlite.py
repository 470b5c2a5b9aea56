"""The library in `library.db`: documents, passages, and an inverted index that grows with each document."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

from rookery.adapters.libraries import names as by_name
from rookery.adapters.libraries.bm25 import K1, B, idf, indexed
from rookery.adapters.support.sqlite import Schema
from rookery.domain.errors import NotFound
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.ports.library import LexicalHit, LibraryPort
from rookery.domain.sources import Passage, Source

_TABLES = """
CREATE TABLE documents (
  key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL, sha256 TEXT NOT NULL,
  added_at TEXT NOT NULL, passages INTEGER NOT NULL, length INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX documents_of ON documents (namespace, sha256);
CREATE TABLE passages (
  key INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
  id TEXT NOT NULL, ordinal INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX passages_of ON passages (document, ordinal);
CREATE INDEX passages_by_id ON passages (id);
CREATE TABLE terms (key INTEGER PRIMARY KEY, namespace TEXT NOT NULL, term TEXT NOT NULL, UNIQUE (namespace, term));
CREATE TABLE postings (
  term INTEGER NOT NULL, passage INTEGER NOT NULL, document INTEGER NOT NULL, tf INTEGER NOT NULL,
  length INTEGER NOT NULL, PRIMARY KEY (term, passage)
) WITHOUT ROWID;
CREATE INDEX postings_of ON postings (document)
"""

_SCORES = f"""
WITH asked (term, weight) AS (VALUES {{asked}})
SELECT postings.passage, SUM(
  asked.weight * postings.tf * {K1 + 1} / (postings.tf + {K1} * ({1 - B} + {B} * postings.length / ?))
) AS score
FROM asked CROSS JOIN postings ON postings.term = asked.term {{within}}
GROUP BY postings.passage ORDER BY score DESC, postings.passage LIMIT ?
"""  # noqa: S608 - the braces are filled with placeholders only

_TIES = 64  # equal hits beyond the limit that are read so that the cut among them is by id
SCHEMA = Schema("library.db", [_TABLES, by_name.SCHEMA])


class SqliteLibrary(LibraryPort):
    """A term of one namespace is not a term of another, so namespaces cost each other nothing."""

    def __init__(self, home: Path, *, analyzer: AnalyzerPort) -> None:
        self._database = SCHEMA.at(home)
        self._analyzer = analyzer

    async def add(self, source: Source, passages: Sequence[Passage]) -> None:
        await self._database.run(partial(self._write, source=source, passages=passages))

    async def remove(self, source_id: str) -> None:
        if not await self._database.run(partial(_delete, source_id=source_id)):
            raise NotFound(f"there is no document {source_id}")

    async def sources(self, namespace: str | None = None) -> list[Source]:
        def read(connection: sqlite3.Connection) -> list[Source]:
            rows = connection.execute(
                "SELECT body FROM documents WHERE ? IS NULL OR namespace = ? ORDER BY added_at, id",
                (namespace, namespace),
            )
            return [Source.model_validate_json(body) for (body,) in rows]

        return await self._database.run(read)

    async def passages(self, namespace: str, ids: Collection[str]) -> list[Passage]:
        wanted = sorted(set(ids))  # the join is crossed so that SQLite starts from the ids, not from all documents
        query = f"""
            SELECT passages.body FROM passages CROSS JOIN documents ON documents.key = passages.document
            WHERE documents.namespace = ? AND passages.id IN ({_places(wanted)}) GROUP BY passages.id
        """  # noqa: S608 - placeholders only
        return await self._database.run(lambda connection: _read(connection, query, [namespace, *wanted]))

    async def passages_of(self, namespace: str, sha256: str) -> list[Passage]:
        query = """
            SELECT body FROM passages WHERE document = (
              SELECT MIN(key) FROM documents WHERE namespace = ? AND sha256 = ? AND passages > 0
            ) ORDER BY ordinal
        """
        return await self._database.run(lambda connection: _read(connection, query, [namespace, sha256]))

    async def search(
        self, namespace: str, query: str, *, limit: int, snapshots: Collection[str] | None = None
    ) -> list[LexicalHit]:
        terms = sorted(set(self._analyzer.terms(query)))
        if not terms:
            return []
        within = None if snapshots is None else sorted(set(snapshots))
        rows = await self._database.run(partial(_scores, namespace=namespace, terms=terms, within=within, limit=limit))
        best: dict[str, float] = {}
        for id_, score in rows:
            best.setdefault(id_, score)
        hits = [LexicalHit(id_, score) for id_, score in best.items()]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:limit]

    async def titled(
        self, namespace: str, names: Collection[str], *, limit: int, snapshots: Collection[str] | None = None
    ) -> list[Passage]:
        read = partial(
            by_name.titled,
            namespace=namespace,
            names=set(names),
            limit=limit,
            snapshots=None if snapshots is None else set(snapshots),
        )
        return await self._database.run(read)

    async def mentioning(
        self, namespace: str, names: Collection[str], *, limit: int, snapshots: Collection[str] | None = None
    ) -> dict[str, list[Passage]]:
        terms = {name: set(self._analyzer.terms(name)) for name in names}
        chosen = None if snapshots is None else sorted(set(snapshots))

        def read(connection: sqlite3.Connection) -> dict[str, list[Passage]]:
            documents = None if chosen is None else _searched(connection, namespace, chosen)[0]
            return by_name.mentioning(connection, namespace, terms, limit=limit, documents=documents)

        return await self._database.run(read)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _write(self, connection: sqlite3.Connection, *, source: Source, passages: Sequence[Passage]) -> None:
        _delete(connection, source_id=source.id)
        counts = [Counter(self._analyzer.terms(indexed(passage))) for passage in passages]
        document = _insert_document(connection, source, len(passages), sum(count.total() for count in counts))
        by_name.insert_title(connection, source, document)
        keys = _term_keys(connection, source.namespace, sorted(set().union(*counts)))
        for passage, count in zip(passages, counts, strict=True):
            row = (document, passage.id, passage.ordinal, passage.model_dump_json())
            insert = "INSERT INTO passages (document, id, ordinal, body) VALUES (?, ?, ?, ?)"
            key = connection.execute(insert, row).lastrowid
            length = count.total()
            postings = ((keys[term], key, document, tf, length) for term, tf in count.items())
            connection.executemany("INSERT INTO postings VALUES (?, ?, ?, ?, ?)", postings)


def _delete(connection: sqlite3.Connection, *, source_id: str) -> bool:
    row = connection.execute("SELECT key FROM documents WHERE id = ?", (source_id,)).fetchone()
    if row is None:
        return False
    connection.execute("DELETE FROM postings WHERE document = ?", row)
    connection.execute("DELETE FROM documents WHERE key = ?", row)
    return True


def _insert_document(connection: sqlite3.Connection, source: Source, passages: int, length: int) -> int:
    row = (
        source.id,
        source.namespace,
        source.sha256,
        source.added_at.isoformat(),
        passages,
        length,
        source.model_dump_json(),
    )
    columns = "id, namespace, sha256, added_at, passages, length, body"
    insert = f"INSERT INTO documents ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - a constant
    key = connection.execute(insert, row).lastrowid
    assert key is not None  # noqa: S101 - a row was inserted
    return key


def _term_keys(connection: sqlite3.Connection, namespace: str, terms: Sequence[str]) -> dict[str, int]:
    rows = ((namespace, term) for term in terms)
    connection.executemany("INSERT OR IGNORE INTO terms (namespace, term) VALUES (?, ?)", rows)
    found = "SELECT key FROM terms WHERE namespace = ? AND term = ?"
    return {term: connection.execute(found, (namespace, term)).fetchone()[0] for term in terms}


def _scores(
    connection: sqlite3.Connection, *, namespace: str, terms: Sequence[str], within: Sequence[str] | None, limit: int
) -> list[tuple[str, float]]:
    documents, passages, length = _searched(connection, namespace, within)
    if not passages:
        return []
    asked = _weights(connection, namespace, terms, documents, passages)
    if not asked:
        return []
    values = ", ".join("(?, ?)" for _ in asked)
    inside = "" if documents is None else f"AND postings.document IN ({','.join(map(str, documents))})"
    parameters = [*(value for pair in asked for value in pair), length / passages, limit + _TIES]
    rows = connection.execute(_SCORES.format(asked=values, within=inside), parameters).fetchall()
    id_of = "SELECT id FROM passages WHERE key = ?"
    return [(connection.execute(id_of, (key,)).fetchone()[0], score) for key, score in rows]


def _searched(
    connection: sqlite3.Connection, namespace: str, within: Sequence[str] | None
) -> tuple[list[int] | None, int, int]:
    """Return the documents that are searched, or None for all; and how many passages and terms they have."""
    if within is None:
        totals = "SELECT TOTAL(passages), TOTAL(length) FROM documents WHERE namespace = ?"
        passages, length = connection.execute(totals, (namespace,)).fetchone()
        return None, int(passages), int(length)
    chosen = f"SELECT key, passages, length FROM documents WHERE namespace = ? AND sha256 IN ({_places(within)})"  # noqa: S608
    rows = connection.execute(chosen, (namespace, *within)).fetchall()
    return [row[0] for row in rows], sum(row[1] for row in rows), sum(row[2] for row in rows)


def _weights(
    connection: sqlite3.Connection,
    namespace: str,
    terms: Sequence[str],
    documents: list[int] | None,
    passages: int,
) -> list[tuple[int, float]]:
    inside = "" if documents is None else f"AND document IN ({','.join(map(str, documents))})"
    query = f"""
        SELECT terms.key, (SELECT COUNT(*) FROM postings WHERE postings.term = terms.key {inside})
        FROM terms WHERE namespace = ? AND term IN ({_places(terms)})
    """  # noqa: S608 - placeholders, and numbers of our own
    rows = connection.execute(query, (namespace, *terms))
    return [(key, idf(passages, containing)) for key, containing in rows if containing]


def _read(connection: sqlite3.Connection, query: str, parameters: Sequence[str]) -> list[Passage]:
    return [Passage.model_validate_json(body) for (body,) in connection.execute(query, parameters)]


def _places(values: Sequence[object]) -> str:
    return ",".join("?" for _ in values)
