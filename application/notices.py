"""What services have to say to all who work at the moment, such as that they want to be left alone for a while."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

_log = logging.getLogger(__name__)


class Notices:
    """Passes what adapters notice on to the runs that are at work, and to the log."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[str]] = set()

    def __call__(self, notice: str) -> None:
        """Take a notice, in words for a person."""
        _log.warning("%s", notice)
        for listener in self._listeners:
            listener.put_nowait(notice)

    @asynccontextmanager
    async def told_to(self, tell: Callable[[str], Awaitable[None]]) -> AsyncIterator[None]:
        """Tell each notice that comes during the block; what fails in telling ends the block with it."""
        listener = asyncio.Queue[str]()
        self._listeners.add(listener)

        async def listen() -> None:
            while True:
                await tell(await listener.get())

        try:
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(listen())
                try:
                    yield
                finally:
                    listening.cancel()
        except BaseExceptionGroup as errors:  # as the block itself would have ended
            raise errors.exceptions[0] from errors
        finally:
            self._listeners.discard(listener)
