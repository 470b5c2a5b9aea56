"""Whether a model is well: one that fails is set aside for a while that grows, and tried again by a single request."""

from typing import Literal

from pydantic import Field

from rookery.domain.frozen import Frozen
from rookery.domain.ports.clock import ClockPort

_FIRST_REST = 15.0  # seconds
_LONGEST_REST = 600.0


class ModelState(Frozen):
    """How a model of a router fares."""

    name: str
    status: Literal["untried", "ready", "set_aside", "on_trial"]
    reason: str | None = Field(default=None, description="why it is set aside")
    retry_in_seconds: float | None = Field(default=None, description="until it is tried again")
    answered: int = Field(default=0, ge=0, description="requests")
    failed: int = Field(default=0, ge=0, description="requests that found it unwell")


class Health:
    """A circuit breaker: closed while the model is well, open while it rests, half open while one request tries it.

    Args:
        name: of the model.
        clock: the source of time.
    """

    def __init__(self, name: str, clock: ClockPort) -> None:
        self.name = name
        self.reason: str | None = None
        self._clock = clock
        self._rest = 0.0
        self._until = 0.0
        self._on_trial = False
        self._answered = 0
        self._failed = 0

    def admits(self) -> bool:
        """Whether a request may go to it now."""
        return self.reason is None or (not self._on_trial and self._clock.monotonic() >= self._until)

    def begin(self) -> bool:
        """A request goes to it. Returns whether that is a trial; until it is over, no other request is admitted."""
        self._on_trial = self.reason is not None
        return self._on_trial

    def end(self, *, trial: bool) -> None:
        """A request is over, whether or not it told how the model is."""
        if trial:
            self._on_trial = False

    def succeeded(self) -> None:
        """It answered, so it is well."""
        self.reason, self._rest = None, 0.0
        self._answered += 1

    def failed(self, reason: str, *, trial: bool) -> None:
        """It is unwell: it rests, after a trial twice as long as before. What was under way already changes nothing."""
        self._failed += 1
        if self.reason is None or trial:
            self._rest = min(_LONGEST_REST, 2 * self._rest or _FIRST_REST)
            self._until = self._clock.monotonic() + self._rest
            self.reason = reason

    def state(self) -> ModelState:
        """Return how it fares."""
        status: Literal["untried", "ready", "set_aside", "on_trial"] = "ready" if self._answered else "untried"
        if self.reason is not None:
            status = "on_trial" if self._on_trial else "set_aside"
        left = max(0.0, self._until - self._clock.monotonic()) if status == "set_aside" else None
        return ModelState(
            name=self.name,
            status=status,
            reason=self.reason,
            retry_in_seconds=left,
            answered=self._answered,
            failed=self._failed,
        )
