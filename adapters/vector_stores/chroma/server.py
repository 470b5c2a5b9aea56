"""A Chroma server, reached over HTTP."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from pydantic import SecretStr

from rookery.adapters.vector_stores.chroma.collections import Collections
from rookery.domain.errors import VectorStoreError

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.fastapi import FastAPI

T = TypeVar("T")


class Address(NamedTuple):
    """Where the server is and who we are there."""

    url: str
    token: SecretStr | None
    tenant: str
    database: str
    timeout_seconds: float


class Server:
    """Runs calls on the server's collections in worker threads; connects at the first call, and anew when it must.

    Others may use the same server: their collections are left alone.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connecting = threading.Lock()
        self._client: Client | None = None
        self._collections: Collections | None = None

    async def read(self, call: Callable[[Collections], T]) -> T:
        """Return what the call returns.

        Raises:
            VectorStoreError: the server cannot be reached (`retryable=True`), refuses the token, or fails.
        """
        return await asyncio.to_thread(self._run, call)

    async def write(self, call: Callable[[Collections], T]) -> T:
        """Like `read`: the server itself sees to its writers."""
        return await self.read(call)

    async def drop(self, collection: str) -> None:
        """Remove a collection."""
        await self.read(partial(Collections.drop, collection=collection))

    async def reset(self) -> None:
        """Remove our collections."""
        await self.read(Collections.drop_all)

    async def close(self) -> None:
        """Close the connections; the next call opens them again."""
        await asyncio.to_thread(self._disconnect)

    def _run(self, call: Callable[[Collections], T]) -> T:
        import httpx

        try:
            return call(self._connect())
        except VectorStoreError:
            raise
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        except Exception as error:
            raise self._failure(error) from error

    def _connect(self) -> Collections:
        with self._connecting:
            if self._collections is None:
                self._client = _open(self._address)
                self._collections = Collections(self._client)
            return self._collections

    def _disconnect(self) -> None:
        with self._connecting:
            client, self._client, self._collections = self._client, None, None
        if client is not None:
            client.close()

    def _unreachable(self, error: Exception) -> VectorStoreError:
        return VectorStoreError(
            f"Chroma cannot be reached at {self._address.url}: {error or type(error).__name__}; start it, "
            "set `vector_stores.chroma.url` right, or unset it to keep the vectors in a folder",
            retryable=True,
        )

    def _failure(self, error: Exception) -> VectorStoreError:
        status = _status(error)
        if status in _PASSING:
            return self._unreachable(error)
        if status in (401, 403):
            return VectorStoreError(f"Chroma at {self._address.url} refuses us; check `vector_stores.chroma.token`")
        return VectorStoreError(
            f"Chroma at {self._address.url} failed: {error}; check its log, then run `rookery memory rebuild`"
        )


_PASSING = (408, 429, 502, 503, 504)


def _open(address: Address) -> "Client":
    """Knock first: Chroma's client waits without limit while it is made."""
    import chromadb
    import httpx
    from chromadb.config import Settings

    headers = _headers(address.token)
    heartbeat = f"{address.url.rstrip('/')}/api/v2/heartbeat"
    httpx.get(heartbeat, headers=headers, timeout=address.timeout_seconds).raise_for_status()
    connected = chromadb.HttpClient(
        host=address.url.rstrip("/"),
        headers=headers,
        settings=Settings(anonymized_telemetry=False),
        tenant=address.tenant,
        database=address.database,
    )
    client = cast("Client", connected)
    server = cast("FastAPI", client._server)
    server._session.timeout = httpx.Timeout(address.timeout_seconds)  # Chroma has no setting for it
    return client


def _headers(token: SecretStr | None) -> dict[str, str]:
    """Chroma's cloud reads the one, gateways before a server of one's own the other."""
    if token is None:
        return {}
    secret = token.get_secret_value()
    return {"X-Chroma-Token": secret, "Authorization": f"Bearer {secret}"}


def _status(error: BaseException | None) -> int | None:
    """Return the HTTP status behind an error, which Chroma's client may have wrapped more than once."""
    from chromadb.errors import ChromaError
    from httpx import HTTPStatusError

    while error is not None:
        if isinstance(error, HTTPStatusError):
            return error.response.status_code
        if isinstance(error, ChromaError):
            return error.code()
        error = error.__cause__ or error.__context__
    return None
