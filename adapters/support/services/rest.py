"""Services that are spoken to in JSON over HTTP, by httpx."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from rookery.adapters.support.services.line import Line
from rookery.adapters.support.services.per_loop import PerLoop
from rookery.adapters.support.services.refusals import PASSING, TryAgain, asked_wait, is_limit
from rookery.adapters.support.services.surroundings import Surroundings, refuse_offline
from rookery.domain.errors import ToolError

if TYPE_CHECKING:
    import httpx

_LARGEST = 16 * 2**20  # bytes of an answer
_PAGES = 10  # of a list, at most
Query = Mapping[str, str | int]


class Answer(NamedTuple):
    """What a service said: its status, its headers (names in small letters) and the JSON of its body."""

    status: int
    headers: Mapping[str, str]
    body: Any
    url: str

    def following(self) -> str | None:
        """Return the address of the next page, as the header `Link` tells it (RFC 8288)."""
        for link in self.headers.get("link", "").split(","):
            address, _, relation = link.partition(";")
            if 'rel="next"' in relation:
                return address.strip().strip("<>")
        return None


class Manner(NamedTuple):
    """How a service is spoken to.

    Attributes:
        service: its name, for messages.
        base_url: where its paths begin.
        timeout: seconds for a whole answer.
        headers: of each request. Raises Unset where a token is missing.
        refusal: what to say of an answer that is a refusal; None where the status tells what it is.
    """

    service: str
    base_url: str
    timeout: float
    headers: Callable[[], dict[str, str]]
    refusal: Callable[[Answer], Exception | None]


class Rest:
    """Requests to one service, each in its turn."""

    def __init__(self, manner: Manner, around: Surroundings, line: Line) -> None:
        self._manner = manner
        self._around = around
        self.line = line
        self._clients = PerLoop(self._open)

    async def get(self, path: str, query: Query | None = None) -> Any:
        """Return what is at a path. Raises ToolError."""
        return (await self.line.ask(lambda: self.send("GET", path, query=query))).body

    async def post(self, path: str, body: object) -> Any:
        """Ask something that takes a body and changes nothing. Raises ToolError."""
        return (await self.line.ask(lambda: self.send("POST", path, body=body))).body

    async def pages(self, path: str, query: Query) -> AsyncIterator[Any]:
        """Yield the bodies of a list's pages, as their links lead on. Raises ToolError."""
        address: str | None = path
        for number in range(_PAGES):
            place, first = address or path, number == 0
            answer = await self.line.ask(lambda at=place, one=first: self.send("GET", at, query=query if one else None))  # type: ignore[misc]
            yield answer.body
            address = answer.following()
            if address is None:
                return

    async def send(self, method: str, path: str, *, query: Query | None = None, body: object = None) -> Answer:
        """Make one request. A redirect is followed for what changes nothing; credentials stay with their host.

        Raises:
            TryAgain: the service is busy, out of order, or not to be reached.
            ToolError: asking again is of no use.
        """
        import httpx

        refuse_offline(self._manner.service, offline=self._around.offline)
        headers = self._manner.headers()
        try:
            async with asyncio.timeout(self._manner.timeout):
                answer = await self._answer(self._request(method, path, headers, query, body))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise TryAgain(self._unreachable(error), doubtful=False) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise TryAgain(self._unreachable(error)) from error
        self._require_success(answer)
        return answer

    async def close(self) -> None:
        """Close the connections."""
        client = self._clients.take()
        if client is not None:
            await client.aclose()

    def _request(
        self, method: str, path: str, headers: dict[str, str], query: Query | None, body: object
    ) -> "httpx.Request":
        base = self._manner.base_url
        address = path if path.startswith(f"{base}/") else f"{base}{path}"
        if "://" in path and address != path:
            raise ToolError(f"{self._manner.service} leads from {base} to {path}; set `base_url` to where it is")
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers = {**headers, "Content-Type": "application/json"}
        return self._clients().build_request(method, address, params=query, content=content, headers=headers)

    async def _answer(self, request: "httpx.Request") -> Answer:
        response = await self._clients().send(request, stream=True, follow_redirects=request.method == "GET")
        try:
            content = bytearray()
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > _LARGEST:
                    raise ToolError(
                        f"{self._manner.service} answers with more than {_LARGEST // 2**20} MiB; ask for less"
                    )
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, _json(bytes(content)), str(request.url))

    def _require_success(self, answer: Answer) -> None:
        service, now = self._manner.service, self._around.clock.now()
        if 200 <= answer.status < 300:
            if answer.body is _BROKEN:
                raise TryAgain(ToolError(f"{service} gave an answer that is no JSON", retryable=True))
            return
        if is_limit(answer.status, answer.headers):
            error = ToolError(f"{service} is busy", retryable=True)
            raise TryAgain(error, after=asked_wait(answer.headers, now), limited=True)
        refusal = self._manner.refusal(answer)
        if refusal is not None:
            raise refusal
        told = ToolError(f"{service} answered with status {answer.status}", retryable=answer.status in PASSING)
        raise TryAgain(told, after=asked_wait(answer.headers, now)) if answer.status in PASSING else told

    def _unreachable(self, error: Exception) -> ToolError:
        words = str(error) or type(error).__name__
        return ToolError(
            f"{self._manner.service} cannot be reached or broke off its answer ({words}); check the network and "
            f"{self._manner.base_url}",
            retryable=True,
        )

    def _open(self) -> "httpx.AsyncClient":
        import httpx

        return httpx.AsyncClient(timeout=self._manner.timeout, headers={"User-Agent": "rookery"})


_BROKEN = object()


def _json(content: bytes) -> Any:
    if not content.strip():
        return None
    try:
        return json.loads(content)
    except ValueError:
        return _BROKEN
