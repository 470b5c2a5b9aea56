"""An embedder without a model: words hashed into a few dimensions. For tests and demonstrations."""

import hashlib
import math
import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from rookery.domain.ports.embedder import EmbedderPort

_WORD = re.compile(r"\w+")


class Settings(BaseModel):
    """How many dimensions the words share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimension: int = Field(default=64, ge=2, le=4096, description="of the vectors")


class HashingEmbedder(EmbedderPort):
    """Feature hashing (Weinberger et al., 2009): each word adds ±1 to the dimension that its hash names.

    The same text gives the same vector on every machine. A text without words gets the first unit vector.
    """

    def __init__(self, settings: Settings) -> None:
        self._dimension = settings.dimension

    @property
    def identity(self) -> str:
        """`hashing@` and the dimension."""
        return f"hashing@{self._dimension}"

    @property
    def dimension(self) -> int:
        """As the settings say."""
        return self._dimension

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one unit vector for each text, in order."""
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        vector = [0.0] * self._dimension
        for word in _WORD.findall(text.casefold()):
            digest = hashlib.blake2b(word.encode("utf-8"), digest_size=8).digest()
            vector[int.from_bytes(digest[:7], "big") % self._dimension] += 1.0 if digest[7] % 2 else -1.0
        length = math.hypot(*vector)
        if length == 0.0:
            return [1.0] + [0.0] * (self._dimension - 1)
        return [component / length for component in vector]
