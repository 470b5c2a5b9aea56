"""Reading the header of a GGUF file: what the model is and which tensors it has, without its weights.

`gguf.GGUFReader` makes an object of each token, which costs 16 s of CPU for a vocabulary of 262,144 where this takes
0.2 s, and it trusts the lengths that a file claims. The layout is that of `ggml/include/gguf.h`, versions 2 and 3.
"""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rookery.domain.errors import LLMError

Value = int | float | bool | str | tuple[int | float | bool, ...]

MOST_BYTES = 128 << 20
MOST_ENTRIES = 1 << 17
MOST_KEPT = 1024
LONGEST_NAME = 1 << 16
LONGEST_TEXT = 1 << 22

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

BLOCKS = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    30: ("BF16", 1, 2),
    28: ("F64", 1, 8),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    29: ("IQ1_M", 256, 56),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
    42: ("Q2_0", 64, 18),
}
"""By ggml's number of a type: its name, the weights of a block, the bytes of a block (`ggml/src/ggml-common.h`)."""


class Tensor(NamedTuple):
    """A tensor as the header tells of it; rows last, as ggml counts. `size` is in bytes."""

    name: str
    shape: tuple[int, ...]
    type: str
    size: int

    @property
    def parameters(self) -> int:
        """The number of weights."""
        count = 1
        for length in self.shape:
            count *= length
        return count


class Array(NamedTuple):
    """An array that was not kept: how many elements it has, and how many bytes its strings have together."""

    length: int
    text_bytes: int


class Header(NamedTuple):
    """What a GGUF file says of itself. Of long arrays, and those of strings, `arrays` tells the size alone."""

    values: Mapping[str, Value]
    arrays: Mapping[str, Array]
    tensors: Sequence[Tensor]
    file_size: int
    digest: str

    @property
    def architecture(self) -> str:
        """The name that llama.cpp knows the architecture by; empty when the file does not tell."""
        name = self.values.get("general.architecture", "")
        return name if isinstance(name, str) else ""

    def number(self, key: str, default: int = 0) -> int:
        """Return a whole number; of a per-layer array, the largest. `{arch}` in the key stands for the architecture."""
        value = self.values.get(key.replace("{arch}", self.architecture), default)
        if isinstance(value, tuple):
            value = max(value, default=default)
        return default if isinstance(value, str) else int(value)

    def text(self, key: str) -> str | None:
        """Return a text; None when there is none of that name."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None


def read_header(path: Path) -> Header:
    """Return the header. Its digest is that of the header's bytes and the file's size.

    Raises:
        LLMError: the file cannot be read, is no GGUF file, or is shorter than its tensors need.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            return _read(_Cursor(file, size), size)
    except OSError as error:
        raise LLMError(f"{path} cannot be read: {error.strerror or error}") from error
    except _Fault as fault:
        raise LLMError(f"{path} is not a whole GGUF model ({fault}); remove it and get it again") from fault


class _Fault(Exception):
    """What is wrong with the file."""


class _Cursor:
    """Reads onward through a file that may lie about every length."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._bytes = bytearray()
        self.position = 0

    def _need(self, end: int) -> None:
        if end > self._size:
            raise _Fault("it ends within its header")
        if end > MOST_BYTES:
            raise _Fault(f"its header is longer than {MOST_BYTES >> 20} MiB")
        while end > len(self._bytes):
            more = self._file.read(max(end - len(self._bytes), 1 << 20))
            if not more:
                raise _Fault("it ends within its header")
            self._bytes += more

    def scalar(self, code: str) -> int | float | bool:
        layout = struct.Struct(f"<{code}")
        self._need(self.position + layout.size)
        [value] = layout.unpack_from(self._bytes, self.position)
        self.position += layout.size
        return value  # type: ignore[no-any-return]

    def count(self, code: str = "Q", *, most: int, what: str) -> int:
        number = int(self.scalar(code))
        if number > most:
            raise _Fault(f"it claims {number} {what}")
        return number

    def text(self, longest: int) -> str:
        length = self.count(most=longest, what="bytes of a text")
        self._need(self.position + length)
        start, self.position = self.position, self.position + length
        return self._bytes[start : self.position].decode("utf-8", "replace")

    def numbers(self, code: str, count: int) -> tuple[int | float | bool, ...]:
        layout = struct.Struct(f"<{count}{code}")
        self._need(self.position + layout.size)
        start, self.position = self.position, self.position + layout.size
        return layout.unpack_from(self._bytes, start)

    def skip(self, length: int) -> None:
        self._need(self.position + length)
        self.position += length

    def skip_texts(self, count: int) -> int:
        """Pass over `count` strings and return how many bytes they have; written for speed."""
        unpack, position, start = struct.Struct("<Q").unpack_from, self.position, self.position
        self._need(position + 8 * count)
        for _ in range(count):
            if position + 8 > len(self._bytes):
                self._need(position + 8)
            position += 8 + unpack(self._bytes, position)[0]
        self._need(position)
        self.position = position
        return position - start - 8 * count

    def digest(self) -> str:
        sha256 = hashlib.sha256(memoryview(self._bytes)[: self.position])
        sha256.update(struct.pack("<Q", self._size))
        return sha256.hexdigest()


def _read(cursor: _Cursor, size: int) -> Header:
    if size < 24 or cursor.scalar("I") != 0x46554747:
        raise _Fault("it does not begin with GGUF")
    if (version := cursor.scalar("I")) not in (2, 3):
        raise _Fault(f"it is of version {version}, and 2 and 3 are known")
    tensors = cursor.count(most=MOST_ENTRIES, what="tensors")
    entries = cursor.count(most=MOST_ENTRIES, what="entries")
    values: dict[str, Value] = {}
    arrays: dict[str, Array] = {}
    for _ in range(entries):
        key, value = _entry(cursor)
        if isinstance(value, Array):
            arrays[key] = value
        else:
            values[key] = value
    listed = [_tensor(cursor) for _ in range(tensors)]
    alignment = values.get("general.alignment", 32)
    _check_length(cursor.position, listed, alignment if isinstance(alignment, int) else 32, size)
    return Header(values, arrays, [tensor for tensor, _ in listed], size, cursor.digest())


def _check_length(header: int, listed: Sequence[tuple[Tensor, int]], alignment: int, size: int) -> None:
    if alignment <= 0 or alignment & (alignment - 1):
        raise _Fault(f"its alignment is {alignment}")
    start = -(-header // alignment) * alignment
    needed = start + max((offset + tensor.size for tensor, offset in listed), default=0)
    if needed > size:
        raise _Fault(f"it has {size} of its {needed} bytes")


def _entry(cursor: _Cursor) -> tuple[str, Value | Array]:
    key = cursor.text(LONGEST_NAME)
    kind = int(cursor.scalar("I"))
    if kind in _SCALARS:
        return key, cursor.scalar(_SCALARS[kind])
    if kind == _STRING:
        return key, cursor.text(LONGEST_TEXT)
    if kind == _ARRAY:
        return key, _array(cursor)
    raise _Fault(f"{key[:60]!r} is of the unknown kind {kind}")


def _array(cursor: _Cursor) -> Value | Array:
    kind = int(cursor.scalar("I"))
    count = cursor.count(most=MOST_BYTES, what="elements of an array")
    if kind == _STRING:
        return Array(count, cursor.skip_texts(count))
    if kind not in _SCALARS:
        raise _Fault(f"an array is of the unknown kind {kind}")
    if count <= MOST_KEPT:
        return cursor.numbers(_SCALARS[kind], count)
    cursor.skip(count * struct.calcsize(f"<{_SCALARS[kind]}"))
    return Array(count, 0)


def _tensor(cursor: _Cursor) -> tuple[Tensor, int]:
    name = cursor.text(LONGEST_NAME)
    dimensions = cursor.count("I", most=4, what="dimensions of a tensor")
    shape = tuple(int(length) for length in cursor.numbers("Q", dimensions))
    kind = int(cursor.scalar("I"))
    offset = int(cursor.scalar("Q"))
    if kind not in BLOCKS:
        raise _Fault(f"{name[:60]!r} is of the unknown type {kind}")
    type_, block, size = BLOCKS[kind]
    tensor = Tensor(name, shape, type_, 0)
    return tensor._replace(size=tensor.parameters // block * size), offset
