"""The file of one sequence that left the context: a head in JSON, its tokens, and llama.cpp's bytes."""

import hashlib
import json
import os
import struct
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from rookery.adapters.llms.llama_cpp.worker.ledger import Owner

_MAGIC = b"rookery kv 1\n"
_LENGTH = struct.Struct("<I")
_LONGEST_HEAD = 64 * 2**20


class Saved(NamedTuple):
    """What llama.cpp computed of a sequence's tokens; `text` is what they and the `tail`, not decoded yet, say."""

    owner: Owner
    tokens: list[int]
    tail: list[int]
    text: str | None
    state: bytes
    shape: str


class Head(NamedTuple):
    """A file without its state."""

    owner: Owner
    tokens: list[int]
    tail: list[int]
    text: str | None
    shape: str
    size: int
    digest: str


class Damaged(Exception):
    """A file is not whole, or was written by something else; the message names it."""


class _Head(BaseModel):
    model_config = ConfigDict(frozen=True)

    session: str | None
    lora: str | None
    tail: list[int]
    text: str | None
    shape: str
    tokens: int
    size: int
    digest: str


def write_state(path: Path, saved: Saved) -> None:
    """Write a file that only its owner can read; it is there whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    tokens = np.asarray(saved.tokens, "<i4").tobytes()
    head = (
        _Head(
            **saved.owner._asdict(),
            tail=saved.tail,
            text=saved.text,
            shape=saved.shape,
            tokens=len(saved.tokens),
            size=len(saved.state),
            digest=_digest(saved, tokens),
        )
        .model_dump_json()
        .encode("utf-8", "replace")
    )
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            for part in (_MAGIC, _LENGTH.pack(len(head)), head, tokens, saved.state):
                file.write(part)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def read_head(path: Path) -> Head:
    """Return what a file holds, without its state.

    Raises:
        Damaged: it cannot be read.
    """
    with _opened(path) as file:
        return _head(file, path)[0]


def read_state(path: Path) -> Saved:
    """Return what a file holds; llama.cpp is never given bytes other than it wrote.

    Raises:
        Damaged: it cannot be read, or its digest is wrong.
    """
    with _opened(path) as file:
        head, tokens = _head(file, path)
        state = file.read()
    saved = Saved(head.owner, head.tokens, head.tail, head.text, state, head.shape)
    if len(state) != head.size or _digest(saved, tokens) != head.digest:
        raise Damaged(f"{path} is damaged")
    return saved


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Damaged(f"{path} cannot be read ({error.strerror})") from error


def _head(file: BinaryIO, path: Path) -> tuple[Head, bytes]:
    try:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise Damaged(f"{path} is damaged")
        [length] = _LENGTH.unpack(file.read(_LENGTH.size))
        head = _Head.model_validate_json(file.read(min(length, _LONGEST_HEAD)))
        tokens = file.read(4 * head.tokens)
        numbers = np.frombuffer(tokens, "<i4", count=head.tokens).tolist()
    except (OSError, struct.error, ValidationError, ValueError) as error:
        raise Damaged(f"{path} is damaged") from error
    owner = Owner(head.session, head.lora)
    return Head(owner, numbers, head.tail, head.text, head.shape, head.size, head.digest), tokens


def _digest(saved: Saved, tokens: bytes) -> str:
    digest = hashlib.sha256(json.dumps([saved.owner, saved.tail, saved.text, saved.shape]).encode())
    digest.update(tokens)
    digest.update(saved.state)
    return digest.hexdigest()
