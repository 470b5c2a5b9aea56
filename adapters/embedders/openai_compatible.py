"""Any server that speaks OpenAI's embeddings: OpenAI itself, Ollama, LM Studio, llama-server, vLLM."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from rookery.adapters.embedders.openai_wire.answers import vectors_of
from rookery.adapters.embedders.openai_wire.refusals import TryAgain, require_success
from rookery.adapters.embedders.openai_wire.server import Request, Server
from rookery.adapters.embedders.unit_length import unit
from rookery.domain.errors import EmbedderError
from rookery.domain.ports.embedder import EmbedderPort

_CHARACTERS_AT_ONCE = 200_000  # OpenAI takes 300,000 tokens in a request
_FIRST_BACKOFF = 0.5  # seconds
_LONGEST_BACKOFF = 20.0
_LONGEST_WAIT = 60.0  # a server that asks for more is not waited for


def _url_of_environment() -> str:
    return os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"


def _key_of_environment() -> SecretStr | None:
    key = os.environ.get("OPENAI_API_KEY")
    return SecretStr(key) if key else None


class Settings(BaseModel):
    """Which server and model, and how they are asked."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    base_url: str = Field(default_factory=_url_of_environment, description="default: OPENAI_BASE_URL, then OpenAI")
    api_key: SecretStr | None = Field(default_factory=_key_of_environment, description="default: OPENAI_API_KEY")
    model: str = Field(default="text-embedding-3-small", min_length=1)
    dimensions: int | None = Field(default=None, ge=1, description="shorter vectors, where the model can give them")
    encoding_format: Literal["float", "base64"] = Field(default="float", description="base64 is shorter; few know it")
    max_characters: int = Field(default=8000, ge=1, description="of a text that count")
    batch_size: int = Field(default=128, ge=1, description="texts in a request")
    timeout_seconds: float = Field(default=60.0, gt=0, description="without a byte from the server")
    max_retries: int = Field(default=4, ge=0, description="when the server is busy or cannot be reached")

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        parts = urlsplit(value.strip())
        plain = parts.hostname and "@" not in parts.netloc and not parts.query and not parts.fragment
        if parts.scheme not in ("http", "https") or not plain or parts.port == 0:
            raise ValueError("give an address like http://localhost:11434/v1, without a name, password or query")
        return value.strip().rstrip("/")

    @field_validator("api_key")
    @classmethod
    def _fit_for_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value().strip() if value else ""
        if not all("!" <= character <= "~" for character in key):
            raise ValueError("a key has no spaces, line breaks or characters beyond ASCII")
        return SecretStr(key) if key else None


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
        self._sleep = sleep
        self._uniform = uniform
        self._dimension = settings.dimensions
        self._server = Server(settings.base_url, settings.api_key, settings.timeout_seconds)

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
        await self._server.close()

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
        if self._offline and not self._server.is_here:
            raise EmbedderError(
                f"Rookery is offline, and {self._server.url} is not on this machine; go online, or take an embedder "
                "that runs here"
            )
        failures = 0
        while True:
            try:
                return await self._ask_once(texts)
            except TryAgain as failure:
                if failures == self._settings.max_retries or (failure.after or 0.0) > _LONGEST_WAIT:
                    raise _given_up(failure, failures + 1) from failure
                backoff = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2**failures)
                await self._sleep((failure.after or 0.0) + self._uniform(0.0, backoff))
                failures += 1

    async def _ask_once(self, texts: Sequence[str]) -> list[list[float]]:
        settings, key = self._settings, self._settings.api_key
        request = Request(
            model=settings.model,
            input=texts,
            encoding_format=settings.encoding_format,
            dimensions=settings.dimensions,
        )
        response = await self._server.post(request)
        require_success(response, settings.model, key.get_secret_value() if key else None)
        return vectors_of(response.content, len(texts), self._server.url)


def _given_up(failure: TryAgain, tries: int) -> EmbedderError:
    asked = f"; it asks to be left alone for {failure.after:g} s" if failure.after else ""
    return EmbedderError(f"{failure.error} ({tries} tries{asked})", retryable=True)


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
