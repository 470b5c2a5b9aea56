"""Workflows on asyncio, in this process."""

from pathlib import Path

from pydantic import BaseModel, Field

from rookery.adapters.support.journalled import JournalledContext, first_error
from rookery.domain.errors import Conflict
from rookery.domain.ports.orchestrator import I, O, OrchestratorPort, Workflow
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
            return await workflow(JournalledContext(run_id, self._run_store, self._settings.parallel), given)
        except BaseExceptionGroup as group:
            raise first_error(group) from group
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
