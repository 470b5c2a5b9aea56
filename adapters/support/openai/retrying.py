"""Asking again after a while that grows."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from rookery.adapters.support.openai.refusals import TryAgain

_FIRST_BACKOFF = 0.5  # seconds
_LONGEST_BACKOFF = 20.0
_LONGEST_WAIT = 60.0  # a server that asks for more is not waited for
R = TypeVar("R")


class Retrying:
    """Tries what may pass again: after what the server asks for, and a random while that doubles.

    Args:
        max_retries: tries after the first one.
        sleep: waits for seconds.
        uniform: a random number between two, for the jitter.
    """

    def __init__(
        self,
        max_retries: int,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._max_retries = max_retries
        self._sleep = sleep
        self._uniform = uniform

    async def __call__(self, attempt: Callable[[], Awaitable[R]]) -> R:
        """Return what the attempt returns, once it succeeds.

        Raises:
            AdapterError: it does not; retryable.
        """
        failures = 0
        while True:
            try:
                return await attempt()
            except TryAgain as failure:
                await self.pause(failure, failures)
                failures += 1

    async def pause(self, failure: TryAgain, failures: int) -> None:
        """Wait before the next try, `failures` having failed before this one.

        Raises:
            AdapterError: there is none, or the server asks for more than a minute; retryable.
        """
        if failures == self._max_retries or (failure.after or 0.0) > _LONGEST_WAIT:
            raise self._given_up(failure, failures + 1) from failure
        backoff = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2**failures)
        await self._sleep((failure.after or 0.0) + self._uniform(0.0, backoff))

    @staticmethod
    def _given_up(failure: TryAgain, tries: int) -> Exception:
        asked = f"; it asks to be left alone for {failure.after:g} s" if failure.after else ""
        return type(failure.error)(f"{failure.error} ({tries} tries{asked})", retryable=True)
