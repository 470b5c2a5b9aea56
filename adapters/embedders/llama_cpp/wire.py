"""What the embedder and its worker process say to each other through a pair of pipes.

The embedder sends `Load` once and `Embed` as often as it likes; each is answered by one `Answer`. A frame is the length
of a JSON document, the length of what follows it (both unsigned, 32 bits, little-endian), the document, and the vectors
as little-endian 32-bit floats, one after another.
"""

import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Literal

from pydantic import BaseModel, ConfigDict

_LENGTHS = struct.Struct("<II")


class Load(BaseModel):
    """Which model to load, and how."""

    model_config = ConfigDict(frozen=True)

    path: str
    n_ctx: int
    n_batch: int
    gpu_layers: int
    threads: int | None
    pooling: Literal["mean", "cls", "last"] | None


class Embed(BaseModel):
    """Texts to embed; none holds a lone surrogate."""

    model_config = ConfigDict(frozen=True)

    texts: list[str]


class Answer(BaseModel):
    """The model's dimension; or what went wrong, and whether the worker goes on."""

    model_config = ConfigDict(frozen=True)

    dimension: int = 0
    error: str | None = None


def write(stream: BinaryIO, message: BaseModel, vectors: bytes = b"") -> None:
    """Send one frame.

    Raises:
        OSError: nobody reads any more.
    """
    document = message.model_dump_json().encode("utf-8")
    stream.write(_LENGTHS.pack(len(document), len(vectors)) + document + vectors)
    stream.flush()


def read(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """Return the next frame's JSON document and vectors; None at the end, even in the midst of a frame."""
    head = stream.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    length, rest = _LENGTHS.unpack(head)
    body = stream.read(length + rest)
    return (body[:length], body[length:]) if len(body) == length + rest else None


def pack(vectors: Sequence[Sequence[float]]) -> bytes:
    """Return the vectors' components as the wire has them."""
    return _swapped(array("f", (component for vector in vectors for component in vector))).tobytes()


def unpack(packed: bytes, dimension: int) -> Iterator[list[float]]:
    """Yield the vectors, each of the dimension."""
    components = array("f")
    components.frombytes(packed)
    flat = _swapped(components).tolist()
    return (flat[start : start + dimension] for start in range(0, len(flat), dimension))


def _swapped(components: "array[float]") -> "array[float]":
    if sys.byteorder == "big":
        components.byteswap()
    return components
