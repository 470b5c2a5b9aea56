"""Segments: what one device sends at once. JSON lines, compressed, named by their digest."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import ValidationError

from rookery.domain.errors import StorageError
from rookery.domain.memories import Memory
from rookery.domain.ports.memory_journal import Entry

FORMAT = "rookery-segment-1"
_FULL_BYTES = 4_000_000  # of JSON; one that is full is closed
_MOST_BYTES = 256_000_000  # of JSON; no device writes a larger one
_GZIP = 16 + zlib.MAX_WBITS


class Segment(NamedTuple):
    """A segment ready to be sent."""

    sha256: str
    content: bytes
    cursor: int
    """Of the last version in it."""
    versions: int


def pack(entries: Sequence[Entry]) -> Segment:
    """Return a segment of the first entries: as many as fill it. Equal entries give equal bytes."""
    lines = [json.dumps({"format": FORMAT})]
    size = 0
    cursor = 0
    for entry in entries:
        line = entry.memory.model_dump_json()
        size += len(line.encode())
        if len(lines) > 1 and size > _FULL_BYTES:
            break
        lines.append(line)
        cursor = entry.cursor
    content = gzip.compress("\n".join(lines).encode(), mtime=0)
    return Segment(hashlib.sha256(content).hexdigest(), content, cursor, len(lines) - 1)


def unpack(name: str, content: bytes) -> list[Memory]:
    """Return the versions of a segment.

    Raises:
        StorageError: it is not what its name says, is too large, or holds something that this version cannot read.
    """
    if hashlib.sha256(content).hexdigest() != name:
        raise StorageError(f"segment {name[:12]} is damaged: its content has another digest")
    try:
        head, *lines = _inflate(content).decode().split("\n")
        if json.loads(head).get("format") != FORMAT:
            raise StorageError(f"segment {name[:12]} has another format; update Rookery on this machine")
        memories = [Memory.model_validate_json(line) for line in lines]
    except (ValidationError, ValueError, AttributeError, zlib.error) as error:
        raise StorageError(f"segment {name[:12]} cannot be read; update Rookery on this machine") from error
    if any(memory.digest() != memory.version for memory in memories):
        raise StorageError(f"segment {name[:12]} holds a version that is not what its digest says")
    return memories


def _inflate(content: bytes) -> bytes:
    inflating = zlib.decompressobj(wbits=_GZIP)
    plain = inflating.decompress(content, _MOST_BYTES)
    if inflating.unconsumed_tail or not inflating.eof:
        raise ValueError("the segment is too large or cut off")
    return plain
