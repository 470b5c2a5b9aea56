"""The one gate through which all requests to a service go out, whoever in the process makes them.

GitHub asks for requests one after another, Slack for about one message a second, Notion for three requests a second.
None of that is enforced while a service is content: bursts are allowed everywhere. Once it asks to be left alone,
nobody sends before that time; afterwards requests go out one by one, with a pause between them, for half a minute at
least and until none is waiting. As long as it has not answered well, only one request is under way: what the service
says to it is known before the next one goes out.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from rookery.adapters.support.services.per_loop import PerLoop
from rookery.domain.errors import AdapterError, ToolError
from rookery.domain.ports.clock import ClockPort

_MARGIN = 0.001  # seconds: clocks round
_RECOVERY = 30.0  # seconds


class Gate:
    """Lets requests out: writes one after another, reads side by side, none while the service wants none.

    Args:
        service: its name, for messages.
        clock: tells time and waits.
        pace: seconds between two requests after the service asked to be left alone.
        parallel: reads at once.
        notice: is told, in words for a person, each time that the service is waited for longer than before.
    """

    def __init__(
        self, service: str, clock: ClockPort, *, pace: float, parallel: int = 4, notice: Callable[[str], None]
    ) -> None:
        self._service = service
        self._clock = clock
        self._pace = pace
        self._notice = notice
        self._until = 0.0
        self._next = 0.0
        self._paced = False
        self._wary = True
        self._alarms = 0
        self._queue = 0
        self._doors = PerLoop(asyncio.Lock)
        self._slots = PerLoop(lambda: asyncio.Semaphore(parallel))

    @property
    def waits_until(self) -> datetime | None:
        """When requests go out again; None: now."""
        left = self._until - self._clock.monotonic()
        return self._clock.now() + timedelta(seconds=left) if left > 0 else None

    @property
    def crowded(self) -> int:
        """How many wait for their turn, after the service asked to be left alone."""
        return self._queue if self._paced else 0

    def beware(self) -> None:
        """Take note that a request has failed."""
        self._alarms += 1
        self._wary = True

    def rest(self, seconds: float) -> None:
        """Let nothing out for so long."""
        until = self._clock.monotonic() + seconds
        self.beware()
        self._paced = True
        if until > self._until + _MARGIN:
            self._until = until
            self._notice(f"{self._service} asks to wait {seconds:.0f} s")

    @asynccontextmanager
    async def turn(self, deadline: float, *, write: bool) -> AsyncIterator[None]:
        """Wait for the turn of a request, which is to be made and answered within the block.

        Args:
            deadline: how long its turn is waited for, by the monotonic clock.
            write: whether it changes something.

        Raises:
            ToolError: its turn would come after the deadline; retryable.
        """
        while True:
            async with self._queued(), self._doors():
                await self._time_has_come(deadline)
                if write or self._paced or self._wary:  # the next one learns first what this one was told
                    alarms = self._alarms
                    yield
                    if self._alarms == alarms:
                        self._calm_down()
                    return
            async with self._slots():
                if self._until <= self._clock.monotonic():
                    yield
                    return

    def _calm_down(self) -> None:
        self._wary = False
        if self._queue <= 1 and self._clock.monotonic() > self._until + _RECOVERY:
            self._paced = False

    @asynccontextmanager
    async def _queued(self) -> AsyncIterator[None]:
        self._queue += 1
        try:
            yield
        finally:
            self._queue -= 1

    async def _time_has_come(self, deadline: float) -> None:
        while (left := max(self._until, self._next) - self._clock.monotonic()) > 0:
            if self._clock.monotonic() + left > deadline:
                raise self._too_long(left)
            await self._clock.sleep(left + _MARGIN)
        if self._paced:
            self._next = self._clock.monotonic() + self._pace

    def _too_long(self, left: float) -> AdapterError:
        when = self._clock.now() + timedelta(seconds=left)
        return ToolError(
            f"{self._service} cannot be asked before {when:%H:%M:%S} UTC, in {left:.0f} s, which is longer than it is "
            "waited for; try again then, or raise `max_wait_seconds` in its settings",
            retryable=True,
        )
