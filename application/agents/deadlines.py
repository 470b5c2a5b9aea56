"""Time limits that stand still while a person is waited for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from rookery.domain.ports.clock import ClockPort


class Deadlines:
    """The time limits of one run and of its agents.

    Attributes:
        waited: seconds for which persons were waited for, until the last one had answered.
    """

    def __init__(self, clock: ClockPort) -> None:
        self._clock = clock
        self._limits: dict[asyncio.Timeout, float] = {}
        self._waits = 0
        self._since = 0.0
        self.waited = 0.0

    @asynccontextmanager
    async def limit(self, seconds: float) -> AsyncIterator[None]:
        """Raise TimeoutError when the block takes longer, not counting what a person makes it wait."""
        async with asyncio.timeout(None if self._waits else seconds) as limit:
            self._limits[limit] = seconds
            try:
                yield
            finally:
                del self._limits[limit]

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Stop all limits in the block, which is where a person is waited for."""
        if not self._waits:
            self._stop()
        self._waits += 1
        try:
            yield
        finally:
            self._waits -= 1
            if not self._waits:
                self._go_on()

    def _stop(self) -> None:
        self._since = self._clock.monotonic()
        now = asyncio.get_running_loop().time()
        for limit in self._running():
            self._limits[limit] = (limit.when() or now) - now
            limit.reschedule(None)

    def _go_on(self) -> None:
        self.waited += self._clock.monotonic() - self._since
        now = asyncio.get_running_loop().time()
        for limit in self._running():
            limit.reschedule(now + self._limits[limit])

    def _running(self) -> list[asyncio.Timeout]:
        return [limit for limit in self._limits if not limit.expired()]
