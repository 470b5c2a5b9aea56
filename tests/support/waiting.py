"""Waiting for what other processes do, and not for ever."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(look: Callable[[], T], seen: Callable[[T], object], *, seconds: float = 30) -> T:
    """Look again and again until what is seen is right, and return it.

    Raises:
        TimeoutError: it never was.
    """
    async with asyncio.timeout(seconds):
        while not seen(found := await asyncio.to_thread(look)):  # noqa: ASYNC110 - other processes give no sign
            await asyncio.sleep(0.05)
    return found
