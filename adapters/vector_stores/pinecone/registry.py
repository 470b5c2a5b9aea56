"""Which collections there are in Pinecone, of which dimension, and what is noted on them."""

import threading
from typing import TYPE_CHECKING, NamedTuple

from rookery.adapters.vector_stores.pinecone.indexes import Indexes
from rookery.adapters.vector_stores.pinecone.namespace import erase
from rookery.adapters.vector_stores.pinecone.records import direction, key
from rookery.domain.errors import DimensionMismatch, VectorStoreError

if TYPE_CHECKING:
    from pinecone import Index

NAMESPACE = "collections"


class Entry(NamedTuple):
    """A collection: where it is and what is noted on it."""

    place: "Index"
    dimension: int
    note: str | None


class Registry:
    """A record for each collection, in a namespace of its own beside the vectors.

    It lies in Pinecone and not on this machine, since several machines may share an index, and in the same index as
    the vectors, since then nothing else can be lost apart from them. Dimensions are remembered; notes are read anew.
    Blocking; errors are the client's own.
    """

    def __init__(self, indexes: Indexes) -> None:
        self._indexes = indexes
        self._adding = threading.Lock()
        self._dimensions: dict[str, int] = {}

    def index(self, collection: str) -> "tuple[Index, int] | None":
        """Return the collection's index and its dimension, or None for an unknown collection."""
        dimension = self._dimensions.get(collection)
        if dimension is not None:
            return self._indexes.of(dimension), dimension
        entry = self.entry(collection)
        return None if entry is None else (entry.place, entry.dimension)

    def entry(self, collection: str) -> Entry | None:
        """Return what Pinecone knows of the collection now."""
        for dimension, index in self._indexes.all().items():
            found = index.fetch(ids=[key(collection)], namespace=NAMESPACE).vectors
            for one in found.values():
                self._dimensions[collection] = dimension
                note = (one.metadata or {}).get("note")
                return Entry(index, dimension, None if note is None else str(note))
        self._dimensions.pop(collection, None)
        return None

    def add(self, collection: str, dimension: int) -> "Index":
        """Return the collection's index; a new collection is registered in the one of that dimension."""
        with self._adding:
            known = self.index(collection)
            if known is None:
                known = self._indexes.of(dimension), dimension
                self._write(known[0], collection, dimension, note=None)
                self._dimensions[collection] = dimension
        if known[1] != dimension:
            raise DimensionMismatch(
                f"collection {collection!r} holds vectors of dimension {known[1]} and was given one of {dimension}; "
                "rebuild it if the embedder was changed"
            )
        return known[0]

    def set_note(self, collection: str, note: str) -> None:
        """Replace the note.

        Raises:
            VectorStoreError: there is no such collection.
        """
        known = self.index(collection)
        if known is None:
            raise VectorStoreError(f"collection {collection!r} has had no vector, so there is nothing to note it on")
        self._write(known[0], collection, known[1], note)

    def remove(self, collection: str, index: "Index") -> None:
        """Take the collection off the record of an index."""
        self._dimensions.pop(collection, None)
        erase(index, NAMESPACE, {"ids": [key(collection)]})

    def forget(self) -> None:
        """Remember nothing: ask Pinecone again."""
        self._dimensions.clear()

    def _write(self, index: "Index", collection: str, dimension: int, note: str | None) -> None:
        metadata = {"collection": collection} if note is None else {"collection": collection, "note": note}
        values, _ = direction([0.0] * dimension)
        index.upsert(vectors=[{"id": key(collection), "values": values, "metadata": metadata}], namespace=NAMESPACE)
