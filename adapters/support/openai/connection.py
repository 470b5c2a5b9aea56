"""The connections to a server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from rookery.adapters.support.openai.endpoint import Endpoint
from rookery.adapters.support.openai.refusals import Response, TryAgain
from rookery.domain.errors import AdapterError

if TYPE_CHECKING:
    import aiohttp

_LARGEST_ANSWER = 64 * 2**20  # bytes; 2,048 vectors of 3,072 dimensions, as numbers, take about as much
_LONGEST_CONNECT = 10.0  # seconds
_END_WITHIN = 0.2


class _Open(NamedTuple):
    session: "aiohttp.ClientSession"
    connector: "aiohttp.TCPConnector"


class Connection:
    """Sends requests to one server; only there is the key sent, for no redirect is followed.

    Connections are kept open, apart for each event loop, for they cannot leave it. A proxy that the environment names
    is used, except for a server on this machine.

    Args:
        endpoint: the server.
        timeout_seconds: how long to wait for the next byte.
        error: what is raised for a server that cannot be reached.
    """

    def __init__(self, endpoint: Endpoint, timeout_seconds: float, *, error: type[AdapterError]) -> None:
        self._timeout = timeout_seconds
        self._error = error
        self._proxy = None if endpoint.is_here else _proxy(endpoint.base_url)
        self._headers = {"Content-Type": "application/json", "User-Agent": "rookery"}
        if endpoint.secret is not None:
            self._headers["Authorization"] = f"Bearer {endpoint.secret}"
        self._sessions: dict[asyncio.AbstractEventLoop, _Open] = {}

    async def post(self, url: str, body: bytes) -> Response:
        """Return what the server answers, whatever its status.

        Raises:
            TryAgain: it cannot be reached, or does not answer in time.
            AdapterError: the answer is larger than 64 MiB.
        """
        return await self._send("POST", url, body)

    async def get(self, url: str) -> Response:
        """Return what the server answers, whatever its status. Raises what `post` raises."""
        return await self._send("GET", url, None)

    @asynccontextmanager
    async def stream(self, url: str, body: bytes) -> AsyncIterator["Response | AsyncIterator[bytes]"]:
        """Give the bytes of a successful answer as they come, and another answer whole.

        Raises:
            TryAgain: the server cannot be reached, or the connection breaks.
        """
        import aiohttp

        try:
            async with await self._opened("POST", url, body) as response:
                if response.ok and response.status < 300:
                    yield response.content.iter_any()
                    await _end(response)
                else:
                    yield Response(response.status, response.headers, await self._read(response), url)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(url, error) from error

    async def close(self) -> None:
        """Close the connections of this event loop; the next call opens new ones."""
        opened = self._sessions.pop(asyncio.get_running_loop(), None)
        if opened is not None:
            await opened.session.close()
        self._forget_ended_loops()

    async def _send(self, method: str, url: str, body: bytes | None) -> Response:
        import aiohttp

        try:
            async with await self._opened(method, url, body) as response:
                return Response(response.status, response.headers, await self._read(response), url)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(url, error) from error

    async def _opened(self, method: str, url: str, body: bytes | None) -> "aiohttp.ClientResponse":
        """Send a request, and once more when the server had just closed the connection that was kept open.

        llama-server closes each one after a hundred requests, and others after some seconds.
        """
        import aiohttp

        session = self._session()
        try:
            return await session.request(method, url, data=body, allow_redirects=False, proxy=self._proxy)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientConnectionResetError):
            return await session.request(method, url, data=body, allow_redirects=False, proxy=self._proxy)

    async def _read(self, response: "aiohttp.ClientResponse") -> bytes:
        length = response.content_length
        if length is not None and length <= _LARGEST_ANSWER and "Content-Encoding" not in response.headers:
            return await response.read()
        pieces, size = [], 0
        async for piece in response.content.iter_any():
            pieces.append(piece)
            size += len(piece)
            if size > _LARGEST_ANSWER:
                raise self._error(f"{response.url} gave more than {_LARGEST_ANSWER >> 20} MiB; is it the right server?")
        return b"".join(pieces)

    def _unreachable(self, url: str, error: Exception) -> TryAgain:
        reason = f"nothing came for {self._timeout:g} s" if isinstance(error, TimeoutError) else str(error)
        said = reason or type(error).__name__
        return TryAgain(self._error(f"{url} cannot be reached: {said}; is the server running?", retryable=True))

    def _session(self) -> "aiohttp.ClientSession":
        loop = asyncio.get_running_loop()
        opened = self._sessions.get(loop)
        if opened is None:
            self._forget_ended_loops()
            opened = self._sessions[loop] = self._open()
        return opened.session

    def _open(self) -> "_Open":
        import aiohttp

        connector = aiohttp.TCPConnector(limit=0)
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=min(self._timeout, _LONGEST_CONNECT), sock_read=self._timeout
            ),
        )
        return _Open(session, connector)

    def _forget_ended_loops(self) -> None:
        """What was open in a loop that is closed went with it; aiohttp only has to be told."""
        for loop in [loop for loop in self._sessions if loop.is_closed()]:
            _let_go(self._sessions.pop(loop))

    def __del__(self) -> None:
        """A command that ends without `close` is no fault that aiohttp need tell people of."""
        self._forget_ended_loops()


def _let_go(opened: _Open) -> None:
    """Mark what belongs to a closed loop as closed; no loop can wait for it, and there is nothing to wait for."""
    opened.session.detach()
    closing = opened.connector.close()
    with contextlib.suppress(StopIteration):
        closing.send(None)
    closing.close()


async def _end(response: "aiohttp.ClientResponse") -> None:
    """Read what is left after the last event, so that the connection can serve again."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_END_WITHIN):
            while not response.content.at_eof():
                await response.content.readany()


def _proxy(url: str) -> str | None:
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    if parts.hostname is None or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
