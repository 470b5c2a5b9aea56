"""Stopping without cutting anything off."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Work:
    """Something that is being done. Other work may be done within it, several side by side."""

    def __init__(self) -> None:
        self.inner = 0


class Activity:
    """All that a workflow is at. Who wants to stop waits until the others have come to an end or want to stop too.

    What has other work within it waits for that, so only the innermost count.
    """

    def __init__(self) -> None:
        self._busy = 0
        self._waiting = 0
        self._still = asyncio.Event()

    @contextmanager
    def within(self, around: Work | None) -> Iterator[None]:
        """Be at some work in the block, within other work or by itself."""
        self._enter(around)
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            self._leave(around)

    async def cease(self, around: Work | None) -> None:
        """Begin nothing more within some work; return when nothing is in the midst of anything."""
        self._enter(around)
        self._waiting += 1
        self._look()
        try:
            await self._still.wait()
        finally:
            self._waiting -= 1
            self._leave(around)

    def _enter(self, around: Work | None) -> None:
        if around is not None:
            around.inner += 1
            self._busy -= around.inner == 1

    def _leave(self, around: Work | None) -> None:
        if around is not None:
            around.inner -= 1
            self._busy += around.inner == 0
        self._look()

    def _look(self) -> None:
        if self._busy == 0 and self._waiting:
            self._still.set()
