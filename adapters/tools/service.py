"""Asking a service of the web for its answer, and saying what went wrong."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from rookery.adapters.support.titles import as_title
from rookery.adapters.support.web.bounds import Bounds
from rookery.adapters.support.web.network import Network
from rookery.domain.errors import OutsideSandbox, SourceError, ToolError

if TYPE_CHECKING:
    import httpx

A = TypeVar("A", bound=BaseModel)

_OF_PLANS = (432, 433)  # Tavily's, when the credits of a plan are used up
_BOUNDS = Bounds(megabytes=5, seconds=20)


class ServiceError(ToolError):
    """A service answered, but not with what was asked for; `status` is that of HTTP."""

    def __init__(self, message: str, *, status: int, retryable: bool = False) -> None:
        super().__init__(message, retryable=retryable)
        self.status = status


class Service:
    """One service at the address that a person has set.

    Every method raises `ToolError`: the service cannot be reached, refuses, asks to wait (`retryable`), or says what it
    never should.

    Args:
        network: the way to it.
        base_url: its address.
        name: how messages call it.
        headers: sent with every request.
    """

    def __init__(self, network: Network, base_url: str, *, name: str, headers: Mapping[str, str] | None = None) -> None:
        self._network = network
        self._base_url = base_url.rstrip("/")
        self._headers = dict(headers or {})
        self.name = name

    async def get(self, path: str, parameters: Mapping[str, str | int]) -> bytes:
        """Return the body of an answer."""
        return await self._asked("GET", path, parameters, None)

    async def get_json(self, path: str, parameters: Mapping[str, str | int], answer: type[A]) -> A:
        """Return an answer as a model."""
        return self._read(await self.get(path, parameters), answer)

    async def post_json(self, path: str, body: BaseModel, answer: type[A]) -> A:
        """Send a model and return the answer as another."""
        return self._read(await self._asked("POST", path, {}, body), answer)

    async def _asked(
        self, method: str, path: str, parameters: Mapping[str, str | int], body: BaseModel | None
    ) -> bytes:
        import httpx

        content = None if body is None else body.model_dump_json(exclude_none=True)
        headers = self._headers | ({} if body is None else {"Content-Type": "application/json"})
        try:
            async with self._network.client(service=self._base_url, bounds=_BOUNDS) as web:
                response = await web.request(
                    method, self._base_url + path, params=parameters or None, content=content, headers=headers
                )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = as_title(str(error)) or type(error).__name__
            raise ToolError(f"{self.name} cannot be reached ({why}); try again later", retryable=True) from error
        except (SourceError, OutsideSandbox) as error:
            raise ToolError(f"{self.name} gave no answer: {error}") from error
        self._check(response)
        return response.content

    def _check(self, response: "httpx.Response") -> None:
        status = response.status_code
        if status == HTTPStatus.OK:
            return
        if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            wait = response.headers.get("retry-after", "")
            after = f" for {wait} seconds" if wait.isdigit() else ""
            raise ServiceError(f"{self.name} asks to wait{after} (status {status})", status=status, retryable=True)
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PAYMENT_REQUIRED, *_OF_PLANS}:
            raise ServiceError(f"{self.name} refuses (status {status}); check its key and its plan", status=status)
        raise ServiceError(f"{self.name} answers with status {status}", status=status, retryable=status >= 500)

    def _read(self, body: bytes, answer: type[A]) -> A:
        try:
            return answer.model_validate_json(body)
        except ValidationError as error:
            raise ToolError(f"{self.name} gives an answer that is not one of its own; check its address") from error
