"""The server, and the connections to it."""

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

from rookery.adapters.embedders.openai_wire.refusals import TryAgain
from rookery.domain.errors import EmbedderError

if TYPE_CHECKING:
    import httpx


class Request(BaseModel):
    """What is asked; without dimensions, the model gives its own."""

    model_config = ConfigDict(frozen=True)

    model: str
    input: Sequence[str]
    encoding_format: str
    dimensions: int | None


class Server:
    """Embeds texts at `BASE_URL/embeddings`; only there is the key sent, for no redirect is followed.

    A proxy that the environment names is used, except for a server on this machine.
    """

    def __init__(self, base_url: str, key: SecretStr | None, timeout_seconds: float) -> None:
        self.url = f"{base_url}/embeddings"
        self._key = key
        self._timeout = timeout_seconds
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_here(self) -> bool:
        """Whether the address is one of this machine's own, which no other machine can be reached by."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")

    async def post(self, request: Request) -> "httpx.Response":
        """Return what the server answers, whatever its status.

        Raises:
            TryAgain: it cannot be reached, or does not answer in time.
        """
        import httpx

        try:
            return await self._open().post(
                self.url,
                content=request.model_dump_json(exclude_none=True),
                headers={"Content-Type": "application/json"},
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise TryAgain(
                EmbedderError(f"{self.url} cannot be reached: {reason}; is the server running?", retryable=True)
            ) from error

    async def close(self) -> None:
        """Close the connections, unless they ended with another event loop; the next call opens new ones."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    def _open(self) -> "httpx.AsyncClient":
        """One client for an event loop: connections cannot leave it."""
        import httpx

        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            authorization = {"Authorization": f"Bearer {self._key.get_secret_value()}"} if self._key else None
            self._client = httpx.AsyncClient(headers=authorization, timeout=self._timeout, trust_env=not self.is_here)
            self._loop = loop
        return self._client
