"""How often the worker died, and how long it is left alone for that."""

import threading

from rookery.domain.errors import LLMError
from rookery.domain.ports.clock import ClockPort

_MOST = 3  # in a row, without a request that was finished in between
_LONGEST_BACKOFF = 10.0  # seconds
_REST = 60.0  # seconds after the last of them until another try


class Crashes:
    """Counts deaths in a row.

    Args:
        clock: says how long ago they were.
        backoff: seconds after the first; each further one doubles them.
    """

    def __init__(self, clock: ClockPort, backoff: float) -> None:
        self._clock, self._backoff = clock, backoff
        self._count = 0
        self._cause = ""
        self._last = 0.0

    def note(self, cause: str, *, useful: bool) -> None:
        """Count a death of a worker that had been useful before, or had not."""
        self._count = 1 if useful else self._count + 1
        self._cause, self._last = cause, self._clock.monotonic()

    def forget(self) -> None:
        """Begin anew."""
        self._count = 0

    def wait(self, closing: threading.Event) -> None:
        """Wait until the worker may be started again, or until all is closed; blocks.

        Raises:
            LLMError: it died too often.
        """
        if not self._count:
            return
        passed = self._clock.monotonic() - self._last
        if self._count >= _MOST and passed < _REST:
            raise LLMError(
                f"llama.cpp's process died {self._count} times in a row and is left alone for {_REST:g} s; the last "
                f"time: {self._cause}"
            )
        closing.wait(max(0.0, min(_LONGEST_BACKOFF, self._backoff * 2 ** (self._count - 1)) - passed))
