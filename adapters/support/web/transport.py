"""An httpx transport that connects to checked addresses only, whoever asks through it, and bounds what comes back."""

import math
import os
import zlib
from collections.abc import AsyncIterator
from functools import cache
from typing import TYPE_CHECKING

import anyio
import httpx

from rookery.adapters.support.titles import as_title
from rookery.adapters.support.web.bounds import Bounds
from rookery.adapters.support.web.guard import PORTS, Guard
from rookery.adapters.support.web.unpacking import Gunzip, Plain, unpacker
from rookery.domain.errors import SourceError, SourceTooLarge

if TYPE_CHECKING:
    import ssl


class GuardedTransport(httpx.AsyncBaseTransport):
    """Checks each request, those of redirects too, as it is about to be sent.

    The host is looked up once and the connection goes to an address that was checked; TLS and the server still see the
    name. A connection is used again for the same scheme, name and port only. Bodies come unpacked, within the bounds.

    Requests raise what httpx raises, and
        OutsideSandbox: the address may not be asked.
        SourceError: it is none, or the answer comes packed in a way that was not asked for.
        SourceTooLarge: the body is above the limit.

    Args:
        guard: what decides where connections may go.
        bounds: of each answer.
        offline: the message with which every request is refused; None: none is.
    """

    def __init__(self, guard: Guard, bounds: Bounds, *, offline: str | None = None) -> None:
        self._guard = guard
        self._bounds = bounds
        self._offline = offline
        self._origins: dict[tuple[str, bytes, int | None], httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._offline is not None:
            raise SourceError(f"{shown_url(request.url)} is not asked, {self._offline}")
        deadline = math.inf if self._bounds.seconds is None else anyio.current_time() + self._bounds.seconds
        try:
            with anyio.fail_at(deadline):
                response = await self._sent(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout("it did not answer in time", request=request) from error
        return self._bounded(request, response, deadline)

    async def aclose(self) -> None:
        for transport in self._origins.values():
            await transport.aclose()

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        url = self._guard.check(str(request.url))
        addresses = await self._guard.addresses(url)
        for address in addresses[:-1]:
            try:
                return await self._sent_to(address, url, request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._sent_to(addresses[-1], url, request)

    async def _sent_to(self, address: str, url: httpx.URL, request: httpx.Request) -> httpx.Response:
        pinned = httpx.Request(
            request.method,
            url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": url.raw_host.decode("ascii").rstrip(".")},
        )
        pinned.headers["Host"] = url.netloc.decode("ascii")
        pinned.headers["Accept-Encoding"] = "gzip"
        return await self._transport(url).handle_async_request(pinned)

    def _transport(self, url: httpx.URL) -> httpx.AsyncHTTPTransport:
        origin = (url.scheme, url.raw_host, url.port or PORTS[url.scheme])
        if origin not in self._origins:
            self._origins[origin] = httpx.AsyncHTTPTransport(
                verify=_tls(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")), trust_env=False
            )
        return self._origins[origin]

    def _bounded(self, request: httpx.Request, response: httpx.Response, deadline: float) -> httpx.Response:
        headers = response.headers.copy()
        unpacking = unpacker(shown_url(request.url), headers.get("content-encoding", ""))
        if isinstance(unpacking, Gunzip):
            del headers["content-encoding"]
            headers.pop("content-length", None)
        body = _Body(request, response, unpacking, bounds=self._bounds, deadline=deadline)
        return httpx.Response(
            response.status_code, headers=headers, stream=body, request=request, extensions=response.extensions
        )


class _Body(httpx.AsyncByteStream):
    """The unpacked body of a response."""

    def __init__(
        self,
        request: httpx.Request,
        response: httpx.Response,
        unpacking: Gunzip | Plain,
        *,
        bounds: Bounds,
        deadline: float,
    ) -> None:
        self._request = request
        self._response = response
        self._unpacking = unpacking
        self._bounds = bounds
        self._deadline = deadline

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = unpacked = 0
        try:
            async for chunk in self._chunks():
                data = self._unpacking.unpack(chunk, self._bounds.bytes + 1 - unpacked)
                received += len(chunk)
                unpacked += len(data)
                if max(received, unpacked) > self._bounds.bytes:
                    raise SourceTooLarge(self._too_large())
                if data:
                    yield data
            self._unpacking.finish()
        except zlib.error as error:
            raise httpx.DecodingError(str(error), request=self._request) from error

    async def aclose(self) -> None:
        await self._response.aclose()

    async def _chunks(self) -> AsyncIterator[bytes]:
        assert isinstance(self._response.stream, httpx.AsyncByteStream)  # noqa: S101 - what async transports return
        chunks = self._response.stream.__aiter__()
        while True:
            try:
                with anyio.fail_at(self._deadline):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise httpx.ReadTimeout("the answer did not end in time", request=self._request) from error
            yield chunk

    def _too_large(self) -> str:
        advice = self._bounds.advice("max_file_mb")
        limit = f"{shown_url(self._request.url)} has more than the limit of {self._bounds.megabytes:g} MB"
        return f"{limit}; {advice}" if advice else limit


def shown_url(url: httpx.URL) -> str:
    """Return an address for messages; a query may hold what a server gave to one caller only."""
    return as_title(str(url.copy_with(userinfo=b"", query=None)))


@cache
def _tls(*_certificates: str | None) -> "ssl.SSLContext":
    return httpx.create_ssl_context()
