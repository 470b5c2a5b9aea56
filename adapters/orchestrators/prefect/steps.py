"""Steps as Prefect tasks."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from rookery.adapters.orchestrators.prefect.outcome import Outcome, WorkFailed, coordination_failed
from rookery.adapters.orchestrators.prefect.settings import Settings
from rookery.adapters.support.journalled import JournalledContext
from rookery.domain.errors import RunStopped
from rookery.domain.events import RunEvent, TokenEmitted
from rookery.domain.ports.orchestrator import O
from rookery.domain.ports.run_store import RunStorePort

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State, TaskRun
    from prefect.tasks import Task


class PrefectContext(JournalledContext):
    """Has each step that was not run before coordinated as a task of the flow around it, and tells the flow's log."""

    def __init__(self, run_id: str, run_store: RunStorePort, settings: Settings) -> None:
        super().__init__(run_id, run_store, settings.parallel)
        self._settings = settings

    async def coordinate(self, name: str, work: Callable[[], Awaitable[O]]) -> O:
        outcome = Outcome[O]()
        task = self._task(name, lambda: self._attempt(outcome, work))
        try:
            await task()
        except Exception as error:
            if not outcome.known:
                raise coordination_failed(error) from error
        return outcome.get()

    async def emit(self, event: RunEvent) -> None:
        from prefect.logging import get_run_logger

        await super().emit(event)
        if not isinstance(event, TokenEmitted):
            get_run_logger().info("%s: %s", event.agent_id, event.type)

    async def _attempt(self, outcome: Outcome[O], work: Callable[[], Awaitable[O]]) -> "State[Any]":
        if outcome.known:  # a retry: what was asked since the step began counts
            stop = await self._run_store.stop_asked(self._run_id)
            if stop is not None:
                outcome.error = RunStopped(stop)
                return outcome.state()
        await outcome.of(work)
        match outcome.error:
            case None | RunStopped():
                return outcome.state()
            case Exception() as error:
                raise WorkFailed(error) from None
            case cancelled:
                raise cancelled

    def _task(self, name: str, attempt: "Callable[[], Awaitable[State[Any]]]") -> "Task[[], Any]":
        from prefect.cache_policies import NO_CACHE
        from prefect.tasks import exponential_backoff, task

        @task(
            name=name.partition("/")[0],
            task_run_name=name,
            tags=[self._settings.step_tag] if self._settings.step_tag else [],
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=self._settings.retries,
            retry_delay_seconds=exponential_backoff(self._settings.backoff_seconds),
            retry_condition_fn=_may_help,
        )
        async def step() -> "State[Any]":
            return await attempt()

        return step


def _may_help(_task: "Task[..., Any]", _run: "TaskRun", state: "State[Any]") -> bool:
    return isinstance(state.data, WorkFailed) and state.data.may_help
