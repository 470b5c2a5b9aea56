"""Time and names for new things."""

from datetime import datetime
from typing import Protocol


class ClockPort(Protocol):
    """The source of time and of identifiers, so that a test can give both."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back, from an arbitrary start."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once so many seconds have passed; at once for none."""
        ...

    def new_id(self) -> str:
        """Return a UUID that sorts by the time of its making (version 7)."""
        ...
