"""Rookery's collections in Chroma, whether its client is a folder's or a server's."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from rookery.domain.errors import DimensionMismatch, VectorStoreError
from rookery.domain.ports.vector_store import Vector, VectorHit

if TYPE_CHECKING:
    import numpy as np
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection as ChromaCollection
    from chromadb.api.types import Metadata, Where
    from numpy.typing import NDArray

    Rows = NDArray[np.float32]

T = TypeVar("T")

_GROUPS_AT_ONCE = 10_000  # SQLite allows 32,766 variables in a statement
_FETCHED_BEYOND = 6
_LISTED_AT_ONCE = 1000


class Tuning(NamedTuple):
    """HNSW's candidates: looked at by a search, and while the index is built."""

    ef_search: int
    ef_construction: int


class Batch(NamedTuple):
    """Vectors that were checked, and their embeddings as rows."""

    vectors: Sequence[Vector]
    rows: "Rows"


class _Known(NamedTuple):
    chroma: "ChromaCollection"
    dimension: int


class Collections:
    """Blocking calls on one open client. What it knows of a collection is forgotten when the collection is gone.

    Everything here raises Chroma's own errors; whoever owns the client translates them.
    """

    def __init__(self, client: "Client") -> None:
        self._client = client
        self._known: dict[str, _Known] = {}

    def upsert(self, collection: str, batch: Batch, tuning: Tuning) -> None:
        """Store the vectors; the first ones make the collection."""
        dimension = batch.rows.shape[1]

        def store(known: _Known) -> None:
            check_dimension(collection, dimension, known.dimension)
            size = self._client.get_max_batch_size()
            for start in range(0, len(batch.vectors), size):
                part = batch.vectors[start : start + size]
                known.chroma.upsert(
                    ids=[vector.id for vector in part],
                    embeddings=batch.rows[start : start + size],
                    metadatas=_metadatas(part),
                )

        self._use(collection, store, lambda: store(self._create(collection, dimension, tuning)))

    def search(self, collection: str, row: "Rows", limit: int, groups: Collection[str] | None) -> list[VectorHit]:
        """Return the nearest vectors that the index finds, and more: all that tie with the last one wanted."""

        def nearest(known: _Known) -> list[VectorHit]:
            check_dimension(collection, len(row), known.dimension)
            if groups is None:
                return _nearest(known.chroma, row, limit, None)
            parts = in_parts(sorted(set(groups)), _GROUPS_AT_ONCE)
            return [hit for part in parts for hit in _nearest(known.chroma, row, limit, part)]

        return self._use(collection, nearest, list)

    def delete_group(self, collection: str, group: str) -> None:
        """Remove a group's vectors."""
        if group:
            self._use(collection, lambda known: known.chroma.delete(where={"group": group}), _nothing)
        else:
            self.delete(collection, list(self.ids(collection, group)))

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Remove the vectors of these ids."""

        def remove(known: _Known) -> None:
            for part in in_parts(ids, self._client.get_max_batch_size()):
                known.chroma.delete(ids=list(part))

        self._use(collection, remove, _nothing)

    def ids(self, collection: str, group: str) -> set[str]:
        """Return the ids of a group's vectors."""
        return self._use(collection, lambda known: set(_of_group(known.chroma, group)), set)

    def count(self, collection: str) -> int:
        """Return how many vectors there are."""
        return self._use(collection, lambda known: known.chroma.count(), int)

    def note(self, collection: str) -> str | None:
        """Return the note, read anew: another client of the same server may have written it."""
        known = self._find(collection)
        note = None if known is None else known.chroma.metadata.get("note")
        return None if note is None else str(note)

    def set_note(self, collection: str, note: str) -> None:
        """Replace the note; the metadata beside it stay."""
        known = self._find(collection)
        if known is None:
            raise VectorStoreError(f"collection {collection!r} has had no vector, so there is nothing to note it on")
        known.chroma.modify(metadata={**_marks(collection, known.dimension), "note": note})

    def drop(self, collection: str) -> None:
        """Remove the collection."""
        from chromadb.errors import NotFoundError

        self._known.pop(collection, None)
        try:
            self._client.delete_collection(_name(collection))
        except NotFoundError:
            return

    def drop_all(self) -> None:
        """Remove every collection that bears our marks, and no other: the client may serve other programs too."""
        self._known.clear()
        for name in self._ours():
            self._client.delete_collection(name)

    def _ours(self) -> list[str]:
        found: list[ChromaCollection] = []
        while len(page := self._client.list_collections(limit=_LISTED_AT_ONCE, offset=len(found))) > 0:
            found.extend(page)
        return [one.name for one in found if one.name == _name(str((one.metadata or {}).get("collection")))]

    def _use(self, collection: str, call: Callable[[_Known], T], without: Callable[[], T]) -> T:
        """Call with what is known of the collection, or without a collection where there is none."""
        from chromadb.errors import NotFoundError

        known = self._known.get(collection)
        if known is not None:
            try:
                return call(known)
            except NotFoundError:  # removed, and perhaps made anew, by another client
                del self._known[collection]
        found = self._find(collection)
        return without() if found is None else call(found)

    def _find(self, collection: str) -> _Known | None:
        from chromadb.errors import NotFoundError

        try:
            chroma = self._client.get_collection(_name(collection), embedding_function=None)
        except NotFoundError:
            self._known.pop(collection, None)
            return None
        return self._learn(collection, chroma)

    def _create(self, collection: str, dimension: int, tuning: Tuning) -> _Known:
        chroma = self._client.get_or_create_collection(
            _name(collection),
            metadata=_marks(collection, dimension),
            configuration={
                "hnsw": {
                    "space": "cosine",
                    "ef_search": tuning.ef_search,
                    "ef_construction": tuning.ef_construction,
                }
            },
            embedding_function=None,
        )
        return self._learn(collection, chroma)

    def _learn(self, collection: str, chroma: "ChromaCollection") -> _Known:
        known = _Known(chroma, int(chroma.metadata["dimension"]))
        self._known[collection] = known
        return known


def _of_group(chroma: "ChromaCollection", group: str) -> list[str]:
    if group:
        return chroma.get(where={"group": group}, include=[])["ids"]
    everything = chroma.get(include=["metadatas"])
    metadatas = everything["metadatas"] or []
    return [id_ for id_, found in zip(everything["ids"], metadatas, strict=True) if not (found or {}).get("group")]


def _metadatas(vectors: Sequence[Vector]) -> "list[Metadata] | None":
    """Return what filters need; Chroma takes twice the time over vectors that have any."""
    if not any(vector.group for vector in vectors):
        return None
    return [{"group": vector.group} for vector in vectors]


def _nearest(found: "ChromaCollection", row: "Rows", limit: int, groups: Sequence[str] | None) -> list[VectorHit]:
    """Fetch beyond the limit until the tie at its edge is complete, so that ids can decide it."""
    wanted = limit + _FETCHED_BEYOND
    where = None if groups is None else cast("Where", {"group": {"$in": list(groups)}})
    while True:
        answer = found.query(query_embeddings=row[None, :], n_results=wanted, where=where, include=["distances"])
        distances = (answer["distances"] or [[]])[0]
        if len(distances) < wanted or distances[limit - 1] < distances[-1]:
            similarities = [max(-1.0, min(1.0, 1.0 - distance)) for distance in distances]
            return list(map(VectorHit, answer["ids"][0], similarities))
        wanted *= 4


def check_dimension(collection: str, given: int, expected: int) -> None:
    """Refuse an embedding that is not of the collection's dimension."""
    if given != expected:
        raise DimensionMismatch(
            f"collection {collection!r} holds vectors of dimension {expected} and was given one of {given}; "
            "rebuild it if the embedder was changed"
        )


def in_parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the items in slices of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _name(collection: str) -> str:
    """Chroma's names are short and of few characters; ours are free."""
    return f"c-{hashlib.sha256(collection.encode('utf-8')).hexdigest()[:48]}"


def _marks(collection: str, dimension: int) -> dict[str, str | int]:
    return {"collection": collection, "dimension": dimension}


def _nothing() -> None:
    return None
