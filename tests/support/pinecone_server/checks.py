"""What Pinecone demands of vectors, ids and metadata, in its words where they are known."""

import json
import math
from collections.abc import Sequence
from typing import Any

from tests.support.pinecone_server.listener import Refusal
from tests.support.pinecone_server.space import Stored

_MOST_METADATA_BYTES = 40 * 1024


def vector(given: dict[str, Any], dimension: int) -> Stored:
    """Return a vector that may be stored.

    Raises:
        Refusal: it may not.
    """
    name, values, metadata = str(given.get("id", "")), given.get("values", []), given.get("metadata") or {}
    identifier(name)
    of_dimension(values, dimension, "Vector")
    if not any(values):
        raise Refusal(
            400, 3, f"Dense vectors must contain at least one non-zero value. Vector ID {name} contains only zeros."
        )
    for field, value in metadata.items():
        _legal_metadata(field, value)
    size = len(json.dumps(metadata, ensure_ascii=False).encode())
    if size > _MOST_METADATA_BYTES:
        exceeds = f"which exceeds the limit of {_MOST_METADATA_BYTES} bytes per vector"
        raise Refusal(400, 3, f"Metadata size is {size} bytes, {exceeds}")
    return Stored(name, values, metadata)


def identifier(name: str) -> None:
    """Refuse an id or a namespace that is not of 1 to 512 ASCII characters."""
    if not 1 <= len(name) <= 512:
        raise Refusal(400, 3, f"Vector ID must have 1 to 512 characters, got {len(name)}")
    if not name.isascii() or "\0" in name:
        raise Refusal(400, 3, f"Vector ID must be ASCII, but got '{name}'")


def of_dimension(values: Sequence[float], dimension: int, what: str) -> None:
    """Refuse a vector that is not of the index's dimension, or not of finite single precision."""
    if len(values) != dimension:
        raise Refusal(400, 3, f"{what} dimension {len(values)} does not match the dimension of the index {dimension}")
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in values):
        raise Refusal(400, 3, f"{what} has a value that is not a number")


def at_most(count: int, limit: int, what: str) -> None:
    """Refuse too many of something, or none."""
    if not 1 <= count <= limit:
        raise Refusal(400, 3, f"{what} must be between 1 and {limit}, got {count}")


def _legal_metadata(field: str, value: Any) -> None:
    texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
    if not texts and not isinstance(value, str | int | float | bool):
        kinds = "Metadata value must be a string, number, boolean or list of strings"
        raise Refusal(400, 3, f"{kinds}, got '{json.dumps(value)}' for field '{field}'")
