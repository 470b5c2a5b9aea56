"""Unpacking what a server has packed, never more at once than is asked for."""

import zlib

from rookery.adapters.support.titles import as_title
from rookery.domain.errors import SourceError

_GZIP = 16 + zlib.MAX_WBITS
_GZIP_START = b"\x1f\x8b"


class Plain:
    """Takes the bytes as they are."""

    def unpack(self, chunk: bytes, limit: int) -> bytes:
        """Return at most `limit` bytes."""
        return chunk[:limit]

    def finish(self) -> None:
        """Nothing is left over."""


class Gunzip:
    """Unpacks gzip, however many members it has."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)
        self._begun = False

    def unpack(self, chunk: bytes, limit: int) -> bytes:
        """Return at most `limit` bytes of what a chunk holds.

        Raises:
            zlib.error: it is not gzip.
        """
        self._begun = self._begun or bool(chunk)
        unpacked = b""
        while chunk and len(unpacked) < limit:
            if self._stream.eof:
                if not chunk.startswith(_GZIP_START):
                    break  # what fills up a block
                self._stream = zlib.decompressobj(_GZIP)
            unpacked += self._stream.decompress(chunk, limit - len(unpacked))
            chunk = self._stream.unconsumed_tail or self._stream.unused_data
        return unpacked

    def finish(self) -> None:
        """Say that nothing follows.

        Raises:
            zlib.error: the end is missing.
        """
        if self._begun and not self._stream.eof:
            raise zlib.error("the packed data end too early")


def unpacker(shown: str, encoding: str) -> Gunzip | Plain:
    """Return what unpacks a body of this `Content-Encoding`.

    Raises:
        SourceError: it is packed in a way that was not asked for.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return Plain()
        case "gzip" | "x-gzip":
            return Gunzip()
        case other:
            raise SourceError(f"{shown} comes packed as {as_title(other)}, which nobody asked for; save the page")
