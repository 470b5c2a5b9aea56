"""Asking a service, again where that may help."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from rookery.adapters.support.services.gate import Gate
from rookery.adapters.support.services.refusals import TryAgain
from rookery.domain.errors import AdapterError
from rookery.domain.ports.clock import ClockPort

_FIRST_BACKOFF = 1.0  # seconds
_LONGEST_BACKOFF = 30.0
_SHORTLY = 5.0
_TRIES = 5  # of what fails without a word on when to come back
R = TypeVar("R")


class Line:
    """Makes requests in their turn.

    What a service is too busy for is asked again when it said; what broke, after a random while from zero to a bound
    that doubles ("full jitter", https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).

    Args:
        gate: of the service.
        clock: tells time and waits.
        draw: a random number in [0, 1).
        patience: seconds, waiting included, after which nothing is tried any more.
    """

    def __init__(self, gate: Gate, clock: ClockPort, *, draw: Callable[[], float], patience: float) -> None:
        self.gate = gate
        self._clock = clock
        self._draw = draw
        self._patience = patience

    async def ask(self, attempt: Callable[[], Awaitable[R]]) -> R:
        """Return what a request that changes nothing returns, once it succeeds.

        Args:
            attempt: makes it, once. Raises TryAgain where that may help.

        Raises:
            AdapterError: it does not succeed; retryable where it was patience that ended.
        """
        return await self._made(attempt, found=None)

    async def tell(self, attempt: Callable[[], Awaitable[R]], found: Callable[[], Awaitable[R | None]]) -> R:
        """Return what a request that changes something returns, having changed it once.

        Args:
            attempt: makes it, once.
            found: looks whether an attempt of which nothing is known was successful; it asks by itself.

        Raises:
            AdapterError: as `ask` does. Whether the change was made is not known when the last attempt broke.
        """
        return await self._made(attempt, found=found)

    async def once(self, attempt: Callable[[], Awaitable[R]]) -> R:
        """Return what a request that changes nothing returns at its first try; only its turn is waited for, shortly.

        Raises:
            AdapterError: it failed, or the service wants to be left alone.
        """
        async with self.gate.turn(self._clock.monotonic() + _SHORTLY, write=False):
            try:
                return await attempt()
            except TryAgain as refusal:
                self.gate.beware()
                if refusal.limited:
                    self.gate.rest(self._rest(refusal, 1))
                raise refusal.error from refusal

    async def _made(self, attempt: Callable[[], Awaitable[R]], found: Callable[[], Awaitable[R | None]] | None) -> R:
        deadline, failures, refusals = self._clock.monotonic() + self._patience, 0, 0
        while True:
            async with self.gate.turn(deadline, write=found is not None):
                try:
                    return await attempt()
                except TryAgain as refusal:
                    failed = refusal
                    self.gate.beware()
                    if refusal.limited:
                        refusals += 1
                        self.gate.rest(self._rest(refusal, refusals))
            if not failed.limited:
                failures += 1
                await self._pause(failed, failures, deadline)
            if failed.doubtful and found is not None and (done := await found()) is not None:
                return done

    async def _pause(self, failed: TryAgain, failures: int, deadline: float) -> None:
        pause = failed.after if failed.after is not None else self._backoff(failures)
        if failures >= _TRIES or self._clock.monotonic() + pause > deadline:
            raise _given_up(failed.error, failures) from failed
        await self._clock.sleep(pause)

    def _rest(self, refusal: TryAgain, refusals: int) -> float:
        return refusal.after if refusal.after is not None else max(_FIRST_BACKOFF, self._backoff(refusals))

    def _backoff(self, failures: int) -> float:
        return self._draw() * min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0**failures)


def _given_up(error: AdapterError, tries: int) -> AdapterError:
    return type(error)(f"{error} ({tries} {'try' if tries == 1 else 'tries'})", retryable=True)
