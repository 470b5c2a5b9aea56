"""One collection's vectors: a namespace in a Pinecone index."""

import time
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rookery.adapters.vector_stores.pinecone.records import MOST_IN_A_CALL, batches, direction, key, record
from rookery.domain.ports.vector_store import Vector, VectorHit

if TYPE_CHECKING:
    from pinecone import Index
    from pinecone.models.vectors.responses import QueryResponse

_PREFIX = "c-"
_MOST_HITS = 10_000  # that Pinecone returns
_FETCHED_BEYOND = 6
_FETCHED_AT_ONCE = 200  # with their values, which cannot be left out
_POLL_SECONDS = 0.2


def namespace_of(collection: str) -> str:
    """Return the namespace of a collection: Pinecone's names are of ASCII, ours are free."""
    return f"{_PREFIX}{key(collection)[:48]}"


def is_ours(namespace: str) -> bool:
    """Tell whether a namespace holds a collection's vectors."""
    return namespace.startswith(_PREFIX)


class Freshness:
    """How far each namespace's log went when this process last stored something, and how long to wait for it."""

    def __init__(self, patience_seconds: float) -> None:
        self.patience_seconds = patience_seconds
        self._positions: dict[str, int] = {}

    def stored(self, namespace: str, position: int | None) -> None:
        """Keep the position of an upsert, where Pinecone tells one."""
        if position is not None:
            self._positions[namespace] = max(position, self._positions.get(namespace, 0))

    def missed(self, namespace: str, answer: "QueryResponse") -> bool:
        """Tell whether an answer was made before Pinecone had taken in what this process stored."""
        position, info = self._positions.get(namespace), answer.response_info
        if position is None or info is None or info.lsn_reconciled is None:
            return False
        return info.lsn_reconciled < position


class Query(NamedTuple):
    """What is searched for; a vector of zeros is like nothing, whatever it is compared with."""

    values: list[float]
    is_zero: bool
    groups: Sequence[str] | None

    def filter(self, **more: Any) -> dict[str, Any] | None:
        """Return Pinecone's filter, or None where nothing is filtered."""
        wanted = {} if self.groups is None else {"group": {"$in": list(self.groups)}}
        return {**wanted, **more} or None


def query_of(embedding: Sequence[float], groups: Sequence[str] | None) -> Query:
    """Return the query by an embedding."""
    return Query(*direction(embedding), groups)


class Namespace:
    """Blocking calls on a collection's vectors. Errors are those of Pinecone's client."""

    def __init__(self, index: "Index", collection: str, freshness: Freshness) -> None:
        self._index = index
        self._name = namespace_of(collection)
        self._freshness = freshness

    def upsert(self, vectors: Sequence[Vector]) -> None:
        """Store the vectors in as few calls as Pinecone allows."""
        for batch in batches([record(vector) for vector in vectors]):
            answer = self._index.upsert(vectors=[one.wire for one in batch], namespace=self._name)
            self._freshness.stored(self._name, answer.response_info.lsn_committed if answer.response_info else None)

    def search(self, query: Query, limit: int) -> list[VectorHit]:
        """Return the nearest vectors, and more: all that tie with the last one wanted."""
        hits = self._nearest(query, limit)
        if len(hits) < limit or hits[limit - 1].similarity <= 0:
            hits += self._zeros(query)
        return hits

    def delete(self, ids: Collection[str]) -> None:
        """Delete the vectors of these ids."""
        keys = [key(text) for text in ids]
        for start in range(0, len(keys), MOST_IN_A_CALL):
            erase(self._index, self._name, {"ids": keys[start : start + MOST_IN_A_CALL]})

    def delete_group(self, group: str) -> None:
        """Delete a group's vectors."""
        erase(self._index, self._name, {"filter": {"group": {"$eq": group}}})

    def ids(self, group: str) -> Iterator[str]:
        """Yield the ids of a group, page by page."""
        token: str | None = None
        while True:
            page = self._index.fetch_by_metadata(
                filter={"group": {"$eq": group}},
                namespace=self._name,
                limit=_FETCHED_AT_ONCE,
                pagination_token=token,
            )
            yield from (str((vector.metadata or {})["id"]) for vector in page.vectors.values())
            token = page.pagination.next if page.pagination else None
            if not token:
                return

    def count(self) -> int:
        """Return how many vectors Pinecone has counted."""
        from pinecone.errors import NotFoundError

        try:
            return self._index.describe_namespace(name=self._name).record_count
        except NotFoundError:
            return 0

    def _nearest(self, query: Query, limit: int) -> list[VectorHit]:
        """Fetch beyond the limit until the tie at its edge is complete, so that ids can decide it."""
        wanted = min(limit + _FETCHED_BEYOND, _MOST_HITS)
        while True:
            answer = self._ask(query, wanted, query.filter())
            matches = [(match.score, match.metadata or {}) for match in answer.matches]
            hits = [_hit(query, score, metadata) for score, metadata in matches if "zero" not in metadata]
            exhausted = len(matches) < wanted or wanted == _MOST_HITS
            if exhausted or (len(hits) > limit and hits[limit - 1].similarity > hits[-1].similarity):
                return hits
            wanted = min(wanted * 4, _MOST_HITS)

    def _zeros(self, query: Query) -> list[VectorHit]:
        answer = self._ask(query, _MOST_HITS, query.filter(zero={"$eq": True}))
        return [VectorHit(str((match.metadata or {})["id"]), 0.0) for match in answer.matches]

    def _ask(self, query: Query, wanted: int, only: dict[str, Any] | None) -> "QueryResponse":
        """Ask until Pinecone has taken in what this process stored, or patience ends."""
        deadline = time.monotonic() + self._freshness.patience_seconds
        while True:
            answer = self._index.query(
                vector=query.values, top_k=wanted, namespace=self._name, filter=only, include_metadata=True
            )
            if not self._freshness.missed(self._name, answer) or time.monotonic() > deadline:
                return answer
            time.sleep(_POLL_SECONDS)


def erase(index: "Index", namespace: str, what: dict[str, Any]) -> None:
    """Delete what is named of a namespace; one that does not exist has nothing."""
    from pinecone.errors import NotFoundError

    try:
        index.delete(namespace=namespace, **what)
    except NotFoundError:
        return


def _hit(query: Query, score: float, metadata: dict[str, Any]) -> VectorHit:
    similarity = 0.0 if query.is_zero else max(-1.0, min(1.0, score))
    return VectorHit(str(metadata["id"]), similarity)
