"""A clock that a test turns."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from rookery.domain.ports.clock import ClockPort


class ManualClock(ClockPort):
    """Starts at `start`, moves by `tick` at each look, and counts identifiers up from one.

    Whoever sleeps is woken by `advance`, in the thread of the event loop that it sleeps in.
    """

    def __init__(self, start: datetime, *, tick: timedelta = timedelta(0)) -> None:
        self._now = start
        self._tick = tick
        self._start = start
        self._made = 0
        self._asleep: dict[asyncio.Future[None], datetime] = {}
        self._lain_down = asyncio.Event()

    def now(self) -> datetime:
        self._now += self._tick
        return self._now

    def monotonic(self) -> float:
        return (self.now() - self._start).total_seconds()

    def advance(self, by: timedelta) -> None:
        """Let time pass, and wake whose time has come, in that order."""
        self._now += by
        for sleeper, until in sorted(self._asleep.items(), key=lambda item: item[1]):
            if until <= self._now and not sleeper.done():
                sleeper.set_result(None)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        sleeper = asyncio.get_running_loop().create_future()
        self._asleep[sleeper] = self._now + timedelta(seconds=seconds)
        self._lain_down.set()
        try:
            await sleeper
        finally:
            del self._asleep[sleeper]

    async def until_asleep(self, sleepers: int = 1) -> timedelta:
        """Wait until so many sleep, and return in how long the first of them wants to be woken."""
        while len(asleep := self._wake_times()) < max(1, sleepers):
            self._lain_down.clear()
            await self._lain_down.wait()
        return min(asleep) - self._now

    def _wake_times(self) -> list[datetime]:
        return [until for sleeper, until in self._asleep.items() if not sleeper.done()]

    def new_id(self) -> str:
        self._made += 1
        return str(UUID(int=0x7 << 76 | 0b10 << 62 | self._made))
