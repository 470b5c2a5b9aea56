"""Workflows on asyncio, in this process."""

from pathlib import Path

from pydantic import BaseModel, Field

from rookery.adapters.support.journalled import JournalledContext, first_error
from rookery.adapters.support.run_lock import RunLocks
from rookery.domain.ports.orchestrator import I, O, OrchestratorPort, Workflow
from rookery.domain.ports.run_store import RunStorePort


class Settings(BaseModel):
    """How the local orchestrator works."""

    parallel: int = Field(default=4, ge=1, description="steps of one fan-out that run side by side")


class LocalOrchestrator(OrchestratorPort):
    """Durability comes from the run store's step records, exclusion from a lock file for each run."""

    def __init__(self, settings: Settings, *, run_store: RunStorePort, home: Path) -> None:
        self._settings = settings
        self._run_store = run_store
        self._locks = RunLocks(home / "locks")

    async def execute(self, run_id: str, workflow: Workflow[I, O], given: I) -> O:
        async with self._locks.hold(run_id):
            try:
                return await workflow(JournalledContext(run_id, self._run_store, self._settings.parallel), given)
            except BaseExceptionGroup as group:
                raise first_error(group) from group

    async def is_running(self, run_id: str) -> bool:
        return await self._locks.held(run_id)
