"""The connection to a Weaviate server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from rookery.adapters.vector_stores.weaviate.errors import failure
from rookery.domain.errors import VectorStoreError

if TYPE_CHECKING:
    from weaviate.client import WeaviateAsyncClient

T = TypeVar("T")

_CHANNEL = {
    "grpc.enable_http_proxy": 0,  # the client's HTTP takes no proxy from the environment either
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
}


class Address(NamedTuple):
    """Where the server is and who we are there."""

    url: str
    grpc_host: str | None
    grpc_port: int
    api_key: SecretStr | None
    timeout_seconds: float

    def __str__(self) -> str:
        return f"{self.url} (gRPC at {self.rpc_host}:{self.grpc_port})"

    @property
    def rpc_host(self) -> str:
        """The host of the gRPC port: that of the URL, when no other is set."""
        return self.grpc_host or urlsplit(self.url).hostname or ""


class Connection:
    """Opened by the first call, and by the first one of another event loop, since a client belongs to one loop.

    The client connects anew by itself when the server returns.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening = asyncio.Lock()
        self._client: WeaviateAsyncClient | None = None

    @property
    def where(self) -> str:
        """The server's addresses, for messages."""
        return str(self._address)

    async def call(self, work: "Callable[[WeaviateAsyncClient], Awaitable[T]]") -> T:
        """Return what one request returns.

        Raises:
            VectorStoreError: the server cannot be reached in time (`retryable=True`), refuses the key, or fails.
        """
        try:
            # The client's own retries go on for a minute when only the gRPC port is closed.
            async with asyncio.timeout(self._address.timeout_seconds):
                return await work(await self._current())
        except VectorStoreError:
            raise
        except ImportError as error:
            raise VectorStoreError(f"Weaviate needs a library: {error}; install rookery[weaviate]") from error
        except Exception as error:
            raise failure(error, self.where) from error

    async def close(self) -> None:
        """Close the connections; the next call opens them again."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.close()

    async def _current(self) -> "WeaviateAsyncClient":
        if self._loop is not asyncio.get_running_loop():
            self._loop, self._opening, self._client = asyncio.get_running_loop(), asyncio.Lock(), None
        async with self._opening:
            if self._client is None:
                self._client = await _open(self._address)
            return self._client


async def _open(address: Address) -> "WeaviateAsyncClient":
    client = await asyncio.to_thread(_client, address)  # the first import takes a second
    try:
        await client.connect()
    except BaseException:
        await client.close()
        raise
    return client


def _client(address: Address) -> "WeaviateAsyncClient":
    import weaviate
    from weaviate.auth import Auth
    from weaviate.config import AdditionalConfig, GrpcConfig, Timeout

    url, seconds = urlsplit(address.url), address.timeout_seconds
    secure = url.scheme == "https"
    return weaviate.use_async_with_custom(
        http_host=url.hostname or "",
        http_port=url.port or (443 if secure else 80),
        http_secure=secure,
        grpc_host=address.rpc_host,
        grpc_port=address.grpc_port,
        grpc_secure=secure,
        auth_credentials=Auth.api_key(address.api_key.get_secret_value()) if address.api_key else None,
        additional_config=AdditionalConfig(
            timeout=Timeout(init=seconds, query=seconds, insert=seconds),
            grpc_config=GrpcConfig(channel_options=list(_CHANNEL.items())),
        ),
        skip_init_checks=True,  # they ask PyPI for the client's newest version
    )
