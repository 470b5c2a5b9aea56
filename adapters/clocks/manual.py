"""A clock that a test turns."""

from datetime import datetime, timedelta
from uuid import UUID

from rookery.domain.ports.clock import ClockPort


class ManualClock(ClockPort):
    """Starts at `start`, moves by `tick` at each look, and counts identifiers up from one."""

    def __init__(self, start: datetime, *, tick: timedelta = timedelta(0)) -> None:
        self._now = start
        self._tick = tick
        self._start = start
        self._made = 0

    def now(self) -> datetime:
        self._now += self._tick
        return self._now

    def monotonic(self) -> float:
        return (self.now() - self._start).total_seconds()

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by

    def new_id(self) -> str:
        self._made += 1
        return str(UUID(int=0x7 << 76 | 0b10 << 62 | self._made))
