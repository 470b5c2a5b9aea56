"""A connection that is opened when it is needed, used by many, and opened again when it has ended."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar

from rookery.adapters.tools.mcp.trouble import Trouble, shown
from rookery.domain.errors import RookeryError, ToolError

if TYPE_CHECKING:
    from mcp import Client

T = TypeVar("T")
_TALKATIVE = ("mcp.client", "client")  # loggers of the library, which tell all that a server sends
Open = Callable[[Trouble], "AbstractAsyncContextManager[Client]"]


class Connection:
    """The way to one server.

    Args:
        name: of the server, for messages.
        open_: opens it; what goes wrong is noted in the trouble that it is given.
        seconds: that an answer may take.
        opening_seconds: that it may take until the server has greeted.
    """

    def __init__(self, name: str, open_: Open, *, seconds: float, opening_seconds: float) -> None:
        self._name = name
        self._open = open_
        self._seconds = seconds
        self._opening_seconds = opening_seconds
        self._opening = asyncio.Lock()
        self._line: _Line | None = None

    async def ask(self, question: "Callable[[Client], Awaitable[T]]") -> T:
        """Return the answer of the server. A question is asked once, also when the connection fails.

        Raises:
            ToolError: there is none; the message says why.
        """
        line = await self._connected()
        line.waiting += 1
        try:
            return await self._answer(line, question)
        finally:
            line.waiting -= 1

    async def close(self) -> None:
        """End the connection; the next question opens it again."""
        async with self._opening:
            if self._line is not None:
                await self._line.close()
                self._line = None

    async def _answer(self, line: "_Line", question: "Callable[[Client], Awaitable[T]]") -> T:
        from mcp.shared.exceptions import MCPError
        from pydantic import ValidationError

        try:
            async with asyncio.timeout(self._seconds):
                return await question(line.client)
        except TimeoutError as error:
            if line.waiting == 1:
                line.give_up()  # it may be stuck
            raise self._error(f"did not answer within {self._seconds:g} seconds; try again later", error) from error
        except MCPError as error:
            if line.trouble.reason or line.trouble.ended.is_set():
                line.give_up()
                raise self._error(f"broke off ({line.trouble})", error) from error
            raise self._error(f"refuses: {shown(error.error.message)}", error, retryable=False) from error
        except ValidationError as error:
            raise self._error("answers in a form that is not that of the protocol", error) from error
        except RookeryError:
            raise
        except Exception as error:
            raise self._error(f"answers with what is no answer ({shown(str(error))})", error) from error

    async def _connected(self) -> "_Line":
        async with self._opening:
            if self._line is None or self._line.over:
                if self._line is not None:
                    await self._line.close()
                self._line = None
                line = _Line(self._open)
                try:
                    await line.begin(self._opening_seconds)
                except BaseException as error:
                    await line.close()
                    if not isinstance(error, Exception):
                        raise
                    raise self._unreachable(line, error) from error
                self._line = line
            return self._line

    def _unreachable(self, line: "_Line", error: Exception) -> ToolError:
        if isinstance(error, TimeoutError):
            why = f"it said nothing for {self._opening_seconds:g} seconds"
        else:
            why = line.trouble.reason or _cause(error)
        words = shown(line.trouble.last_words)
        said = f"; its last words: {words}" if words else ""
        return self._error(f"cannot be used ({why}{said}); check it with `rookery mcp check {self._name}`", error)

    def _error(self, what: str, cause: Exception, *, retryable: bool = True) -> ToolError:
        return ToolError(f"the MCP server {self._name} {what}", retryable=retryable and not isinstance(cause, OSError))


class _Line:
    """A connection that is open; it lives in a task of its own, as the library demands."""

    def __init__(self, open_: Open) -> None:
        self.trouble = Trouble()
        self.waiting = 0
        self._open = open_
        self._closing = asyncio.Event()
        self._opened: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run())

    @property
    def client(self) -> "Client":
        return self._opened.result()

    @property
    def over(self) -> bool:
        return self._task.done() or self._closing.is_set() or self.trouble.ended.is_set()

    async def begin(self, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            await asyncio.shield(self._opened)

    def give_up(self) -> None:
        self._closing.set()

    async def close(self) -> None:
        self._closing.set()
        if not self._opened.done():
            self._task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._task
        if self._opened.done() and not self._opened.cancelled():
            self._opened.exception()  # somebody has looked at it

    async def _run(self) -> None:
        try:
            async with self._open(self.trouble) as client:
                self._opened.set_result(client)
                await self._end()
        except BaseException as error:
            if not self._opened.done():
                self._opened.set_exception(error if isinstance(error, Exception) else ConnectionError("cancelled"))
                return
            if not isinstance(error, Exception):
                raise
            self.trouble.end(_cause(error))

    async def _end(self) -> None:
        ends = [asyncio.create_task(event.wait()) for event in (self._closing, self.trouble.ended)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()


def _cause(error: BaseException) -> str:
    """Return what lies behind an error, in words."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return shown(str(error)) or type(error).__name__


@asynccontextmanager
async def spoken_to(transport: object) -> "AsyncIterator[Client]":
    """Speak to a server over a transport. What it asks of us is refused: no samples, no questions, no folders."""
    from mcp import Client
    from mcp_types import Implementation

    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    known = Implementation(name="rookery", version=version("rookery"))
    async with Client(transport, cache=None, client_info=known) as client:  # type: ignore[arg-type]
        yield client
