"""Workflows on asyncio, in this process."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from pydantic import BaseModel, Field

from rookery.domain.errors import Conflict, RunStopped
from rookery.domain.events import RunEvent
from rookery.domain.ports.orchestrator import I, O, OrchestratorPort, Workflow, WorkflowContext
from rookery.domain.ports.run_store import RunStorePort


class Settings(BaseModel):
    """How the local orchestrator works."""

    parallel: int = Field(default=4, ge=1, description="steps of one fan-out that run side by side")


class LocalOrchestrator(OrchestratorPort):
    """Durability comes from the run store's step records, exclusion from a lock file for each run.

    The operating system drops the lock when the process ends, however it ends, so an interrupted run can be told
    from a running one and be resumed.
    """

    def __init__(self, settings: Settings, *, run_store: RunStorePort, home: Path) -> None:
        self._settings = settings
        self._run_store = run_store
        self._locks = home / "locks"

    async def execute(self, run_id: str, workflow: Workflow[I, O], given: I) -> O:
        from filelock import FileLock, Timeout

        self._locks.mkdir(parents=True, exist_ok=True)
        path = self._locks / f"{run_id}.lock"
        lock = FileLock(path, thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            raise Conflict(
                f"run {run_id} is being run by another process; follow it with `rookery runs show`"
            ) from error
        try:
            return await workflow(_Context(run_id, self._run_store, self._settings.parallel), given)
        except BaseExceptionGroup as group:
            raise _first(group) from group
        finally:
            lock.release()

    async def is_running(self, run_id: str) -> bool:
        from filelock import FileLock, Timeout

        path = self._locks / f"{run_id}.lock"
        if not path.exists():
            return False
        try:
            with FileLock(path, blocking=False):
                return False
        except Timeout:
            return True


class _Context(WorkflowContext):
    def __init__(self, run_id: str, run_store: RunStorePort, parallel: int) -> None:
        self._run_id = run_id
        self._run_store = run_store
        self._free = asyncio.Semaphore(parallel)

    @property
    def run_id(self) -> str:
        return self._run_id

    async def step(self, name: str, fn: Callable[[I], Awaitable[O]], given: I, *, returns: type[O]) -> O:
        stop = await self._run_store.stop_asked(self._run_id)
        if stop is not None:
            raise RunStopped(stop)
        input_hash = hashlib.sha256(given.model_dump_json().encode()).hexdigest()
        recorded = await self._run_store.step_output(self._run_id, name, input_hash)
        if recorded is not None:
            return returns.model_validate_json(recorded)
        output = await fn(given)
        await self._run_store.save_step(self._run_id, name, input_hash, output.model_dump_json())
        return output

    async def fan_out(
        self, name: str, fn: Callable[[I], Awaitable[O]], given: Sequence[I], *, returns: type[O]
    ) -> list[O]:
        async def one(index: int, item: I) -> O:
            async with self._free:
                return await self.step(f"{name}/{index}", fn, item, returns=returns)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(index, item)) for index, item in enumerate(given, 1)]
        return [task.result() for task in tasks]

    async def emit(self, event: RunEvent) -> None:
        await self._run_store.append(self._run_id, event)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
