"""One page over HTTP, within limits of time and size, through redirects that are checked one by one."""

import re
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from rookery.adapters.readers.addresses import Guard
from rookery.adapters.readers.documents import Settings, as_title
from rookery.domain.errors import SourceError, SourceTooLarge

if TYPE_CHECKING:
    import ssl

    import httpx

_REDIRECTS = 5
_CONNECT_SECONDS = 10.0  # for one address, so that the next one can be tried
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.\-]{1,40})", re.IGNORECASE)
_GZIP = 16 + zlib.MAX_WBITS
_GZIP_START = b"\x1f\x8b"
_ACCEPTED = "text/html, application/xhtml+xml, text/markdown, text/plain, application/pdf, */*;q=0.8"


class Page(NamedTuple):
    """What a server sent; `data` is None when what is known of the page still holds."""

    url: str
    data: bytes | None
    media_type: str
    charset: str | None
    validators: dict[str, str]
    """Request headers by which the server can tell later whether the page has changed."""


class Fetcher:
    """Fetches pages.

    Args:
        settings: the section `sources`.
        guard: what decides where connections may go.
        agent: the name under which Rookery asks.
    """

    def __init__(self, settings: Settings, guard: Guard, *, agent: str) -> None:
        self._settings = settings
        self._guard = guard
        self._agent = agent
        self._limit = int(settings.max_file_mb * 1_000_000)

    async def fetch(self, location: str, validators: Callable[[str], Mapping[str, str]]) -> Page:
        """Return the page at an address.

        Args:
            location: the address.
            validators: returns those that a server gave for a URL before, so that it may say that nothing has changed.

        Raises:
            SourceError: there is none, or it cannot be had in time.
            SourceTooLarge: it is above the limit.
            OutsideSandbox: it, or where it redirects to, may not be fetched.
        """
        import anyio

        try:
            with anyio.fail_after(self._settings.max_fetch_seconds):
                return await self._follow(location, validators)
        except TimeoutError as error:
            raise SourceError(
                f"{as_title(location)} did not arrive within {self._settings.max_fetch_seconds:g} seconds;"
                " try again later, or raise sources.max_fetch_seconds"
            ) from error

    async def _follow(self, location: str, validators: Callable[[str], Mapping[str, str]]) -> Page:
        url = self._guard.check(location)
        for _ in range(_REDIRECTS + 1):
            async with self._response(url, validators(str(url))) as response:
                if not response.has_redirect_location:
                    return await self._page(url, response)
                target = response.headers["location"]
            url = self._guard.check(str(_joined(url, target)))
        raise SourceError(f"{as_title(location)} redirects more than {_REDIRECTS} times")

    @asynccontextmanager
    async def _response(self, url: "httpx.URL", headers: Mapping[str, str]) -> "AsyncIterator[httpx.Response]":
        """Ask for a URL at an address that was checked. TLS and the server still see the name."""
        import httpx

        addresses = await self._guard.addresses(url)
        for number, address in enumerate(addresses, 1):
            async with self._client() as client:  # a new one each time, so that no connection serves another name
                request = client.build_request(
                    "GET",
                    url.copy_with(host=address),
                    headers={"Host": url.netloc.decode("ascii"), **headers},
                    extensions={"sni_hostname": url.raw_host.decode("ascii").rstrip(".")},
                )
                try:
                    response = await client.send(request, stream=True)
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                    if number == len(addresses):
                        raise SourceError(
                            f"{_shown(url)} cannot be reached ({_why(error)}); try again later"
                        ) from error
                    continue
                except httpx.HTTPError as error:
                    raise SourceError(f"{_shown(url)} cannot be fetched ({_why(error)}); try again later") from error
                try:
                    yield response
                finally:
                    await response.aclose()
                return

    def _client(self) -> "httpx.AsyncClient":
        import httpx

        return httpx.AsyncClient(
            verify=self._tls,
            trust_env=False,  # a proxy would look the name up by itself
            timeout=httpx.Timeout(self._settings.max_fetch_seconds, connect=_CONNECT_SECONDS),
            headers={"User-Agent": self._agent, "Accept": _ACCEPTED, "Accept-Encoding": "gzip"},
        )

    @cached_property
    def _tls(self) -> "ssl.SSLContext":
        import httpx

        return httpx.create_ssl_context()

    async def _page(self, url: "httpx.URL", response: "httpx.Response") -> Page:
        media_type, _, parameters = response.headers.get("content-type", "").partition(";")
        charset = _CHARSET.search(parameters)
        data = None
        if response.status_code != HTTPStatus.NOT_MODIFIED:
            _check_status(url, response.status_code)
            data = await self._body(url, response)
        return Page(
            url=str(url),
            data=data,
            media_type=media_type.strip().lower(),
            charset=charset[1] if charset else None,
            validators=_validators(response),
        )

    async def _body(self, url: "httpx.URL", response: "httpx.Response") -> bytes:
        import httpx

        data = bytearray()
        received = 0
        unpacker = _unpacker(url, response.headers.get("content-encoding", ""))
        try:
            async for chunk in response.aiter_raw():
                received += len(chunk)
                data += unpacker.unpack(chunk, self._limit + 1 - len(data))
                if max(received, len(data)) > self._limit:
                    raise SourceTooLarge(
                        f"{_shown(url)} has more than the limit of {self._settings.max_file_mb:g} MB;"
                        " raise sources.max_file_mb"
                    )
            unpacker.finish()
        except (httpx.HTTPError, zlib.error) as error:
            raise SourceError(f"{_shown(url)} broke off ({_why(error)}); try again later") from error
        if not data:
            raise SourceError(f"{_shown(url)} is empty")
        return bytes(data)


class _Gunzip:
    """Unpacks gzip, however many members it has, never more at once than is asked for."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)

    def unpack(self, chunk: bytes, limit: int) -> bytes:
        unpacked = b""
        while chunk and len(unpacked) < limit:
            if self._stream.eof:
                if not chunk.startswith(_GZIP_START):
                    break  # what fills up a block
                self._stream = zlib.decompressobj(_GZIP)
            unpacked += self._stream.decompress(chunk, limit - len(unpacked))
            chunk = self._stream.unconsumed_tail or self._stream.unused_data
        return unpacked

    def finish(self) -> None:
        if not self._stream.eof:
            raise zlib.error("the packed data end too early")


class _Plain:
    """Takes the bytes as they are."""

    def unpack(self, chunk: bytes, limit: int) -> bytes:
        return chunk[:limit]

    def finish(self) -> None:
        pass


def _unpacker(url: "httpx.URL", encoding: str) -> _Gunzip | _Plain:
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Gunzip()
        case other:
            raise SourceError(f"{_shown(url)} comes packed as {as_title(other)}, which nobody asked for; save the page")


def _validators(response: "httpx.Response") -> dict[str, str]:
    asked = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    found = ((name, response.headers.get(header, "")) for header, name in asked.items())
    return {name: value for name, value in found if value and len(value) <= 200 and value.isascii()}


def _check_status(url: "httpx.URL", status: int) -> None:
    if status == HTTPStatus.OK:
        return
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise SourceError(f"there is no page at {_shown(url)} (status {status})")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise SourceError(f"{_shown(url)} is not given to everybody (status {status}); save the page and pass the file")
    raise SourceError(f"{_shown(url)} answers with status {status} instead of a page; try again later")


def _joined(url: "httpx.URL", target: str) -> "httpx.URL":
    import httpx

    try:
        return url.join(target)
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceError(f"{_shown(url)} redirects to what is no address") from error


def _shown(url: "httpx.URL") -> str:
    return as_title(str(url.copy_with(query=None)))  # a query may hold what a server gave to one caller only


def _why(error: Exception) -> str:
    return as_title(str(error)) or type(error).__name__
