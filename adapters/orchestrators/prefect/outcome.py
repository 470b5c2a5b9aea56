"""What came of work that Prefect coordinated.

Prefect sees names, states and the redacted text of errors. Outputs stay here, and so do the errors themselves: whoever
waits for the work gets them unchanged.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, cast

from rookery.adapters.support.journalled import first_error
from rookery.domain.errors import AdapterError, OrchestratorError, RunStopped
from rookery.domain.ports.orchestrator import O
from rookery.domain.redaction import redact
from rookery.domain.runs import StopRequest

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


class WorkFailed(Exception):
    """What Prefect is told of an error."""

    def __init__(self, error: Exception) -> None:
        super().__init__(redact(f"{type(error).__name__}: {error}").text)
        self.may_help = isinstance(error, AdapterError) and error.retryable


class Outcome(Generic[O]):
    """The output of a piece of work, or the error that ended it."""

    def __init__(self) -> None:
        self._output: O | None = None
        self.error: BaseException | None = None

    async def of(self, work: Callable[[], Awaitable[O]]) -> None:
        """Do the work and keep what comes of it."""
        self.error = None
        try:
            self._output = await work()
        except BaseExceptionGroup as group:
            self.error = first_error(group)
            self.error.__cause__ = group
        except (Exception, asyncio.CancelledError) as error:
            self.error = error

    @property
    def known(self) -> bool:
        """Whether the work was done, one way or the other."""
        return self._output is not None or self.error is not None

    def get(self) -> O:
        """Return the output or raise the error."""
        if self.error is not None:
            raise self.error
        return cast("O", self._output)

    def state(self, asked: StopRequest | None = None) -> "State[Any]":
        """Return how the work ended, in Prefect's terms. What was interrupted and not cancelled is to be gone on with.

        Args:
            asked: what a person asked of the run.
        """
        from prefect.states import Cancelled, Completed, Failed, Scheduled

        match self.error:
            case None:
                return Completed()
            case RunStopped() as stopped:
                return Cancelled(name="Paused" if stopped.stop == "pause" else "Cancelled", message=str(stopped))
            case asyncio.CancelledError() if asked is StopRequest.CANCEL:
                return Cancelled(message="a person asked to cancel the run")
            case asyncio.CancelledError():
                return Scheduled(name="Interrupted", message="the process that ran it was ended")
            case error:
                return Failed(message=redact(f"{type(error).__name__}: {error}").text)


def coordination_failed(error: BaseException) -> OrchestratorError:
    """Return what to raise when Prefect itself failed."""
    message = redact(f"Prefect failed ({type(error).__name__}: {error}); see to its server, then resume the run").text
    return OrchestratorError(message, retryable=True)
