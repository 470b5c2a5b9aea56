"""Running a workflow so that finished steps stay finished."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from rookery.domain.calls import ModelCall
from rookery.domain.events import RunEvent
from rookery.domain.frozen import Frozen

I = TypeVar("I", bound=Frozen)  # noqa: E741
O = TypeVar("O", bound=Frozen)  # noqa: E741


class WorkflowContext(Protocol):
    """What a workflow may do besides computing."""

    @property
    def run_id(self) -> str: ...

    async def step(self, name: str, fn: Callable[[I], Awaitable[O]], given: I, *, returns: type[O]) -> O:
        """Run `fn(given)` once and record its output under (run, name, hash of `given`).

        A step whose output is recorded is not run again.

        Raises:
            RunStopped: a person asked to pause or cancel; nothing new was started.
        """
        ...

    async def once(self, name: str, fn: Callable[[I], Awaitable[O]], given: I, *, returns: type[O]) -> O:
        """Run a small part of a step, such as one call of a model: recorded as a step is, and never coordinated.

        It costs next to nothing, where a step of some orchestrators costs a tenth of a second. Within a step, its name
        begins with the step's. Raises what `step` raises.
        """
        ...

    async def effect(self, name: str, fn: Callable[[I, str], Awaitable[O]], given: I, *, returns: type[O]) -> O:
        """Change something outside: run `fn(given, key)` as `once` does.

        After a crash in the midst of it `fn` is called again, with the same key: whoever receives the effect must
        take each key once. The key is the same for the same run, name and input, and for no other.
        """
        ...

    async def fan_out(
        self, name: str, fn: Callable[[I], Awaitable[O]], given: Sequence[I], *, returns: type[O]
    ) -> list[O]:
        """Run a step for each input side by side; outputs come in the order of the inputs."""
        ...

    async def heed(self) -> None:
        """Let a person's wish to stop be heard within a step that waits for something. Returns when there is none.

        Raises:
            RunStopped: a person asked to pause or cancel. What was waited for is waited for again after `resume`.
        """
        ...

    async def emit(self, event: RunEvent) -> None:
        """Store an event of the run; whoever follows the run sees it after that.

        What a crash made a step do again tells nothing twice: of an event that the same part of the workflow told
        before a crash, and that says the same, nothing is stored.
        """
        ...

    async def record(self, call: ModelCall) -> None:
        """Keep what was said between the run and a model. It is durable with whatever is stored next."""
        ...


Workflow = Callable[[WorkflowContext, I], Awaitable[O]]


class OrchestratorPort(Protocol):
    """Runs workflows. The same suite holds for every adapter."""

    async def execute(self, run_id: str, workflow: Workflow[I, O], given: I) -> O:
        """Run a workflow to its end and return its output. To resume a run, execute it again.

        Raises:
            Conflict: another process is running this run.
            RunStopped: a person asked to pause or cancel.
            whatever the workflow raises.
        """
        ...

    async def is_running(self, run_id: str) -> bool:
        """Whether some process, this or another, is running the run now."""
        ...
