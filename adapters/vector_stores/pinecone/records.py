"""How Rookery's vectors are written down in Pinecone."""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rookery.domain.errors import DimensionMismatch, VectorStoreError
from rookery.domain.ports.vector_store import Vector

MOST_IN_A_CALL = 1_000
"""Pinecone's limit for vectors of an upsert, and for ids of a delete."""

_MOST_BYTES = 1_900_000  # of 2 MB; the rest is for the envelope
_DIGITS = 8  # of a component of a unit vector: finer than single precision


class Record(NamedTuple):
    """A vector of unit length under an id that Pinecone accepts; the metadata tell what it stands for."""

    id: str
    values: list[float]
    metadata: dict[str, Any]

    @property
    def wire(self) -> dict[str, Any]:
        return {"id": self.id, "values": self.values, "metadata": self.metadata}

    @property
    def size(self) -> int:
        """At least the bytes of its JSON."""
        return len(json.dumps(self.metadata)) + (_DIGITS + 5) * len(self.values) + 2 * len(self.id) + 64


def key(text: str) -> str:
    """Return an id for any text: Pinecone's own are of ASCII, and short."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def record(vector: Vector) -> Record:
    """Write a vector down. Pinecone refuses zeros: they become some direction, and are marked."""
    values, is_zero = direction(vector.embedding)
    metadata: dict[str, Any] = {"id": vector.id, "group": vector.group}
    return Record(key(vector.id), values, metadata | {"zero": True} if is_zero else metadata)


def direction(embedding: Sequence[float]) -> tuple[list[float], bool]:
    """Return the embedding at unit length, and whether it was all zeros, which stand in as the first axis."""
    length = math.hypot(*embedding)
    if length == 0:
        return [1.0, *([0.0] * (len(embedding) - 1))], True
    return [round(component / length, _DIGITS) for component in embedding], False


def batches(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Yield the records in order, in calls that Pinecone takes."""
    batch: list[Record] = []
    size = 0
    for one in records:
        if batch and (len(batch) == MOST_IN_A_CALL or size + one.size > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += one.size
    if batch:
        yield batch


def check(collection: str, embedding: Sequence[float], dimension: int) -> None:
    """Refuse an embedding that is not of the dimension, or not finite."""
    if len(embedding) != dimension:
        raise DimensionMismatch(
            f"collection {collection!r} holds vectors of dimension {dimension} and was given one of {len(embedding)}; "
            "rebuild it if the embedder was changed"
        )
    if not all(map(math.isfinite, embedding)):
        raise VectorStoreError(f"an embedding for collection {collection!r} has a component that is not finite")
