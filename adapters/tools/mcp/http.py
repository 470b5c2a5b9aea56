"""A server at an address. All of its requests go through the guard of the network."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx
import httpx2

from rookery.adapters.support.web.bounds import Bounds
from rookery.adapters.support.web.network import Network
from rookery.adapters.tools.mcp.sieve import Sieve, TooMuch
from rookery.adapters.tools.mcp.trouble import Trouble, shown
from rookery.domain.errors import RookeryError

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectSendStream
    from mcp.client._transport import ReadStream, TransportStreams
    from mcp.shared.message import SessionMessage

_LOST = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)  # of a session that is over, too
_BOUNDS = Bounds(megabytes=20, seconds=None)  # streams stay open; each call has a time of its own


@asynccontextmanager
async def address(
    url: str, headers: Mapping[str, str], network: Network, trouble: Trouble
) -> "AsyncGenerator[TransportStreams]":
    """Exchange messages with the server at an address."""
    import anyio
    from mcp.client.streamable_http import streamable_http_client

    received, incoming = anyio.create_memory_object_stream["SessionMessage | Exception"](0)
    async with (
        network.client(bounds=_BOUNDS) as web,
        httpx2.AsyncClient(transport=_Bridge(web, trouble), headers=dict(headers), timeout=None) as client,
        streamable_http_client(url, http_client=client) as (read, write),
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(_listen, read, received, trouble)
        try:
            yield incoming, write
        finally:
            trouble.close()
            tasks.cancel_scope.cancel()
            for stream in (received, incoming):
                stream.close()


async def _listen(
    read: "ReadStream[SessionMessage | Exception]",
    received: "MemoryObjectSendStream[SessionMessage | Exception]",
    trouble: Trouble,
) -> None:
    import anyio

    sieve = Sieve()
    async with received:
        try:
            async for message in read:
                if isinstance(message, Exception):
                    trouble.reason = trouble.reason or shown(str(message))
                    continue
                passed = sieve.message(message)
                if passed is not None:
                    await received.send(passed)
            trouble.end("")
        except TooMuch as error:
            trouble.end(str(error))
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            trouble.end("")


class _Bridge(httpx2.AsyncBaseTransport):
    """Has httpx ask what httpx2 would ask: the guard is a transport of httpx."""

    def __init__(self, web: httpx.AsyncClient, trouble: Trouble) -> None:
        self._web = web
        self._trouble = trouble

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        try:
            asked = self._web.build_request(
                request.method, str(request.url), headers=request.headers.multi_items(), content=body
            )
            response = await self._web.send(asked, stream=True, follow_redirects=False)
        except (httpx.HTTPError, RookeryError) as error:
            raise self._noted(error, request) from error
        if response.status_code in _LOST or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._trouble.reason = f"it answers with status {response.status_code}"
        return httpx2.Response(
            response.status_code,
            headers=response.headers.multi_items(),
            stream=_Body(self, response, request),
            request=request,
        )

    def _noted(self, error: Exception, request: httpx2.Request) -> httpx2.TransportError:
        self._trouble.reason = shown(str(error) or type(error).__name__)
        return httpx2.ConnectError(self._trouble.reason, request=request)


class _Body(httpx2.AsyncByteStream):
    def __init__(self, bridge: _Bridge, response: httpx.Response, request: httpx2.Request) -> None:
        self._bridge = bridge
        self._response = response
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.aiter_raw():
                yield chunk
        except (httpx.HTTPError, RookeryError) as error:
            raise self._bridge._noted(error, self._request) from error

    async def aclose(self) -> None:
        await self._response.aclose()
