"""Things that cannot leave the event loop in which they were made, such as connections and locks."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")


class Once(Generic[T]):
    """Finds out things by their names, each once: whoever asks meanwhile waits for the first one's answer."""

    def __init__(self, find: Callable[[str], Awaitable[T]]) -> None:
        self._find = find
        self._known: dict[str, T] = {}
        self._busy = PerLoop(asyncio.Lock)

    async def __call__(self, name: str) -> T:
        """Return what is known of it, or found out. Raises what finding out raises; nothing is kept then."""
        if name not in self._known:
            async with self._busy():
                if name not in self._known:
                    self._known[name] = await self._find(name)
        return self._known[name]


class PerLoop(Generic[T]):
    """Makes one for each event loop, when it is first asked for there."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def __call__(self) -> T:
        """Return that of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._made:
            self._made[loop] = self._make()
        return self._made[loop]

    def take(self) -> T | None:
        """Return that of the running loop, if there is one, and forget it."""
        return self._made.pop(asyncio.get_running_loop(), None)
