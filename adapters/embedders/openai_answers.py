"""Reading an embeddings answer."""

import base64
import binascii
import struct

from pydantic import BaseModel, ConfigDict, ValidationError

from rookery.domain.errors import EmbedderError


class _Item(BaseModel):
    model_config = ConfigDict(frozen=True)

    index: int
    embedding: list[float] | str


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)

    data: list[_Item]


def vectors_of(body: bytes, count: int, url: str) -> list[list[float]]:
    """Return the vectors by their index, as the server gave them: numbers, or base64 of little-endian 32-bit floats.

    Raises:
        EmbedderError: the body is no such answer, or does not hold exactly `count` vectors; it names the URL.
    """
    try:
        items = _Answer.model_validate_json(body).data
        vectors = {item.index: _floats(item.embedding) for item in items}
    except (ValidationError, binascii.Error, struct.error) as error:
        raise EmbedderError(f"{url} gave no embeddings that can be read; does `base_url` end as it should?") from error
    if len(items) != count or sorted(vectors) != list(range(count)):
        raise EmbedderError(f"{url} gave {len(items)} vectors for {count} texts; another server or model may do better")
    return [vectors[index] for index in range(count)]


def _floats(embedding: list[float] | str) -> list[float]:
    if not isinstance(embedding, str):
        return embedding
    packed = base64.b64decode(embedding, validate=True)
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))
