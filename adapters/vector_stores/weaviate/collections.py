"""How Rookery's collections look in Weaviate.

A collection is a class: its name is a digest, since Weaviate's names are of few characters; its free name and its
dimension stand in the class's description, which are made in one step. The note is an object of the class without a
vector: it goes when the class goes, no search finds it, and writing it does not change the schema.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from uuid import UUID, uuid5

from rookery.domain.errors import DimensionMismatch, VectorStoreError
from rookery.domain.ports.vector_store import Vector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from weaviate.classes.config import Property
    from weaviate.classes.data import DataObject
    from weaviate.collections.classes.config_vectors import _VectorConfigCreate

    Rows = NDArray[np.float32]
    Stored = DataObject[dict[str, str], None]

T = TypeVar("T")

VECTOR = "default"
ID = "rookery_id"
GROUP = "rookery_group"
NOTE = "rookery_note"

_OBJECTS = UUID("b7b0a6c2-8d0f-5a3e-9c55-2f7d51c5a7e4")
NOTE_ID = uuid5(UUID("3c0a9f58-6f52-5d86-8a52-90d7a5d0c1be"), "note")


class Tuning(NamedTuple):
    """HNSW's candidates: looked at by a search, and while the index is built."""

    ef_search: int
    ef_construction: int


def class_name(prefix: str, collection: str) -> str:
    """Return the class of a collection."""
    return f"{prefix}_{hashlib.sha256(collection.encode('utf-8')).hexdigest()[:40]}"


def is_ours(prefix: str, name: str) -> bool:
    """Tell whether a class is one of Rookery's collections."""
    return re.fullmatch(rf"{prefix}_[0-9a-f]{{40}}", name) is not None


def object_id(vector_id: str) -> UUID:
    """Return the object of a vector; ids are any text."""
    return uuid5(_OBJECTS, vector_id)


def group_key(group: str) -> str:
    """Return what a group is filtered by: Weaviate takes the spaces around a text off before it compares."""
    return str(uuid5(_OBJECTS, group))


def description(collection: str, dimension: int) -> str:
    """Return what a class says of itself."""
    return json.dumps({"collection": collection, "dimension": dimension})


def dimension_of(collection: str, told: str | None) -> int:
    """Return the dimension that a class's description tells.

    Raises:
        VectorStoreError: it tells none.
    """
    try:
        return int(json.loads(told or "")["dimension"])
    except (ValueError, TypeError, KeyError) as error:
        raise VectorStoreError(
            f"the class of collection {collection!r} in Weaviate is not as we made it; run `rookery memory rebuild`"
        ) from error


def properties() -> "list[Property]":
    """Return the properties of a class; only the group is filtered by."""
    from weaviate.classes.config import DataType, Property

    return [
        Property(name=ID, data_type=DataType.TEXT, index_filterable=False, index_searchable=False),
        Property(name=NOTE, data_type=DataType.TEXT, index_filterable=False, index_searchable=False),
        Property(name=GROUP, data_type=DataType.UUID),
    ]


def vector_config(tuning: Tuning) -> "_VectorConfigCreate":
    """Return the index: vectors come from us and are kept as they are, which Weaviate would else compress."""
    from weaviate.classes.config import Configure, VectorDistances

    config: _VectorConfigCreate = Configure.Vectors.self_provided(
        name=VECTOR,
        quantizer=Configure.VectorIndex.Quantizer.none(),
        vector_index_config=Configure.VectorIndex.hnsw(
            distance_metric=VectorDistances.COSINE, ef=tuning.ef_search, ef_construction=tuning.ef_construction
        ),
    )
    return config


def stored(vectors: Sequence[Vector], rows: "Rows") -> "list[Stored]":
    """Return the objects of vectors, of an id the last one."""
    from weaviate.classes.data import DataObject

    last = {vector.id: index for index, vector in enumerate(vectors)}
    return [
        DataObject(
            uuid=object_id(vector_id),
            properties={ID: vector_id, GROUP: group_key(vectors[index].group)},
            vector={VECTOR: rows[index].tolist()},
        )
        for vector_id, index in last.items()
    ]


def unit_rows(collection: str, embeddings: Sequence[Sequence[float]]) -> "Rows":
    """Return the embeddings scaled to unit length, in single precision; zeros stay.

    Raises:
        DimensionMismatch: they differ in dimension.
        VectorStoreError: a component is not finite in single precision.
    """
    import numpy as np

    for embedding in embeddings:
        check_dimension(collection, len(embedding), len(embeddings[0]))
    with np.errstate(over="ignore"):
        rows = np.array(embeddings, dtype=np.float32).astype(np.float64)
    if not np.isfinite(rows).all():
        raise VectorStoreError(f"an embedding for collection {collection!r} has a component that is not finite")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(lengths > 0, lengths, 1.0)
    return rows.astype(np.float32)


def check_dimension(collection: str, given: int, expected: int) -> None:
    """Refuse a vector of another dimension.

    Raises:
        DimensionMismatch: with both numbers.
    """
    if given != expected:
        raise DimensionMismatch(
            f"collection {collection!r} holds vectors of dimension {expected} and was given one of {given}; "
            "rebuild it if the embedder was changed"
        )


def in_parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into parts of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))
