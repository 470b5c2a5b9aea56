"""One page over HTTP, through redirects that are checked one by one."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from rookery.adapters.support.titles import as_title
from rookery.adapters.support.web.bounds import REDIRECTS, Bounds
from rookery.adapters.support.web.client import client
from rookery.adapters.support.web.guard import Guard
from rookery.domain.errors import SourceError

if TYPE_CHECKING:
    import httpx

_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.\-]{1,40})", re.IGNORECASE)
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
        guard: what decides where connections may go.
        bounds: of a page, with all of its redirects.
    """

    def __init__(self, guard: Guard, bounds: Bounds) -> None:
        self._guard = guard
        self._bounds = bounds

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
            with anyio.fail_after(self._bounds.seconds):
                return await self._follow(location, validators)
        except TimeoutError as error:
            advice = self._bounds.advice("max_fetch_seconds")
            raise SourceError(
                f"{as_title(location)} did not arrive within {self._bounds.seconds:g} seconds;"
                f" try again later{f', or {advice}' if advice else ''}"
            ) from error

    async def _follow(self, location: str, validators: Callable[[str], Mapping[str, str]]) -> Page:
        url = self._guard.check(location)
        bounds = self._bounds._replace(seconds=None)  # who fetches keeps the time, redirects included
        async with client(self._guard, bounds, accept=_ACCEPTED) as web:
            for _ in range(REDIRECTS + 1):
                response = await _sent(web, url, validators(str(url)))
                try:
                    if not response.has_redirect_location:
                        return await _page(url, response)
                    target = response.headers["location"]
                finally:
                    await response.aclose()
                web.cookies.clear()
                url = self._guard.check(_joined(url, target))
        raise SourceError(f"{as_title(location)} redirects more than {REDIRECTS} times")


async def _sent(web: "httpx.AsyncClient", url: "httpx.URL", headers: Mapping[str, str]) -> "httpx.Response":
    import httpx

    try:
        return await web.send(web.build_request("GET", url, headers=headers), stream=True, follow_redirects=False)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise SourceError(f"{_shown(url)} cannot be reached ({_why(error)}); try again later") from error
    except httpx.InvalidURL as error:  # of where it redirects to
        raise SourceError(f"{_shown(url)} redirects to what is no address") from error
    except httpx.HTTPError as error:
        raise SourceError(f"{_shown(url)} cannot be fetched ({_why(error)}); try again later") from error


async def _page(url: "httpx.URL", response: "httpx.Response") -> Page:
    media_type, _, parameters = response.headers.get("content-type", "").partition(";")
    charset = _CHARSET.search(parameters)
    data = None
    if response.status_code != HTTPStatus.NOT_MODIFIED:
        _check_status(url, response.status_code)
        data = await _body(url, response)
    return Page(
        url=str(url),
        data=data,
        media_type=media_type.strip().lower(),
        charset=charset[1] if charset else None,
        validators=_validators(response),
    )


async def _body(url: "httpx.URL", response: "httpx.Response") -> bytes:
    import httpx

    data = bytearray()
    try:
        async for chunk in response.aiter_raw():
            data += chunk
    except httpx.HTTPError as error:
        raise SourceError(f"{_shown(url)} broke off ({_why(error)}); try again later") from error
    if not data:
        raise SourceError(f"{_shown(url)} is empty")
    return bytes(data)


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


def _joined(url: "httpx.URL", target: str) -> str:
    import httpx

    try:
        return str(url.join(target))
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceError(f"{_shown(url)} redirects to what is no address") from error


def _shown(url: "httpx.URL") -> str:
    return as_title(str(url.copy_with(userinfo=b"", query=None)))  # a query may hold what was given to one caller only


def _why(error: Exception) -> str:
    return as_title(str(error)) or type(error).__name__
