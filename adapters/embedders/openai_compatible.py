"""Any server that speaks OpenAI's embeddings: OpenAI itself, Ollama, LM Studio, llama-server, vLLM."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from rookery.adapters.embedders.openai_answers import vectors_of
from rookery.adapters.embedders.unit_length import unit
from rookery.adapters.support.openai.connection import Connection
from rookery.adapters.support.openai.endpoint import Endpoint
from rookery.adapters.support.openai.refusals import Asker, require_success
from rookery.adapters.support.openai.retrying import Retrying
from rookery.domain.errors import EmbedderError
from rookery.domain.ports.embedder import EmbedderPort

_CHARACTERS_AT_ONCE = 200_000  # OpenAI takes 300,000 tokens in a request


class Settings(Endpoint):
    """Which server and model, and how they are asked."""

    model: str = Field(default="text-embedding-3-small", min_length=1, description="as the server calls it")
    dimensions: int | None = Field(default=None, ge=1, description="shorter vectors, where the model can give them")
    encoding_format: Literal["float", "base64"] = Field(default="float", description="base64 is shorter; few know it")
    max_characters: int = Field(default=8000, ge=1, description="of a text that count")
    batch_size: int = Field(default=128, ge=1, description="texts in a request")
    timeout_seconds: float = Field(default=60.0, gt=0, description="without a byte from the server")


class _Request(BaseModel):
    """What is asked; without dimensions, the model gives its own."""

    model_config = ConfigDict(frozen=True)

    model: str
    input: Sequence[str]
    encoding_format: str
    dimensions: int | None


class OpenAIEmbedder(EmbedderPort):
    """Embeddings by a server. Texts are cut to `max_characters`; a text without any is sent as a space.

    A proxy that the environment names is used, except for servers on this machine.

    Args:
        settings: the server and the model.
        offline: whether only a server on this machine may be asked.
        sleep: waits for seconds.
        uniform: a random number between two, for the jitter between tries.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        offline: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._settings = settings
        self._offline = offline
        self._dimension = settings.dimensions
        self._url = f"{settings.base_url}/embeddings"
        self._connection = Connection(settings, settings.timeout_seconds, error=EmbedderError)
        self._retrying = Retrying(settings.max_retries, sleep=sleep, uniform=uniform)
        self._asker = Asker(
            error=EmbedderError,
            section="embedders.openai",
            model=settings.model,
            secret=settings.secret,
            too_much=("refused the texts", "if they are too long, lower `max_characters`"),
        )

    @property
    def identity(self) -> str:
        """`openai:`, the model, its server's address and, when they are set, the dimensions."""
        parts = urlsplit(self._settings.base_url)
        dimensions = f"#{self._settings.dimensions}" if self._settings.dimensions else ""
        return f"openai:{self._settings.model}@{parts.netloc.lower()}{parts.path}{dimensions}"

    @property
    def dimension(self) -> int:
        """As the settings or the server's first answer say.

        Raises:
            EmbedderError: neither has said it yet.
        """
        if self._dimension is None:
            raise EmbedderError(
                f"the dimension of {self._settings.model} is known after its first answer; embed a text, or set "
                "`dimensions`"
            )
        return self._dimension

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one unit vector for each text, in order.

        Raises:
            EmbedderError: the server cannot be reached or is busy (`retryable`), refuses, or gives something that is
                of no use; or Rookery is offline and the server is not on this machine.
        """
        vectors: list[list[float]] = []
        for batch in _batches([self._clean(text) for text in texts], self._settings.batch_size):
            vectors += [self._checked(vector) for vector in await self._ask(batch)]
        return vectors

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        await self._connection.close()

    def _clean(self, text: str) -> str:
        """Lone surrogates become question marks."""
        return text[: self._settings.max_characters].encode("utf-8", "replace").decode("utf-8") or " "

    def _checked(self, vector: list[float]) -> list[float]:
        self._dimension = self._dimension or len(vector)
        if len(vector) != self._dimension:
            raise EmbedderError(
                f"{self._settings.model} gave a vector of dimension {len(vector)} instead of {self._dimension}; check "
                "`dimensions`, and whether the server still runs the same model"
            )
        return unit(vector, self._settings.model)

    async def _ask(self, texts: Sequence[str]) -> list[list[float]]:
        if self._offline and not self._settings.is_here:
            raise EmbedderError(
                f"Rookery is offline, and {self._url} is not on this machine; go online, or take an embedder that runs "
                "here"
            )
        return await self._retrying(lambda: self._ask_once(texts))

    async def _ask_once(self, texts: Sequence[str]) -> list[list[float]]:
        settings = self._settings
        request = _Request(
            model=settings.model,
            input=texts,
            encoding_format=settings.encoding_format,
            dimensions=settings.dimensions,
        )
        response = await self._connection.post(self._url, request.model_dump_json(exclude_none=True).encode())
        require_success(response, self._asker)
        return vectors_of(response.body, len(texts), self._url)


def _batches(texts: Sequence[str], size: int) -> Iterator[list[str]]:
    batch: list[str] = []
    characters = 0
    for text in texts:
        if batch and (len(batch) == size or characters + len(text) > _CHARACTERS_AT_ONCE):
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += len(text)
    if batch:
        yield batch
