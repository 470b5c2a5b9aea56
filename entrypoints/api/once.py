"""What creates something is done once, however often it is asked with one key."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel

from rookery.entrypoints.api.colony import IdempotencyKey, TheContainer
from rookery.entrypoints.container import Container

A = TypeVar("A", bound=BaseModel)


class RequestOnce:
    """A request with its `Idempotency-Key`. Keys of two tokens or two doors never meet."""

    def __init__(self, request: Request, container: TheContainer, idempotency_key: IdempotencyKey = None) -> None:
        self.container: Container = container
        door = f"{request.state.token.id} {request.url.path}"
        self._key = None if idempotency_key is None else f"{door} {idempotency_key}"

    async def __call__(self, asked: str, do: Callable[[], Awaitable[A]], *, returns: type[A]) -> A:
        """Return what `do` returns, or returned before. Raises what `DoOnce` raises."""
        return await self.container.do_once()(self._key, asked, do, returns=returns)


Once = Annotated[RequestOnce, Depends()]
