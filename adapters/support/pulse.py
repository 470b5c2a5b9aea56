"""Waking those who wait for something to change."""

import asyncio


class Pulse:
    """Wakes all who wait for its next beat."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def next(self) -> asyncio.Event:
        """Return what is set at the next beat."""
        return self._event

    def beat(self) -> None:
        """Wake who waits."""
        self._event.set()
        self._event = asyncio.Event()
