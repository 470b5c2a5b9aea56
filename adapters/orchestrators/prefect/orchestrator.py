"""Workflows as Prefect flows: it coordinates, our journal endures."""

from pathlib import Path

from rookery.adapters.orchestrators.prefect.flows import run_as_flow
from rookery.adapters.orchestrators.prefect.session import PrefectServer
from rookery.adapters.orchestrators.prefect.settings import Settings
from rookery.adapters.orchestrators.prefect.steps import PrefectContext
from rookery.adapters.support.run_lock import RunLocks
from rookery.domain.ports.orchestrator import I, O, OrchestratorPort, Workflow
from rookery.domain.ports.run_store import RunStorePort


class PrefectOrchestrator(OrchestratorPort):
    """A flow for each run, a task for each step that was not run before.

    Durability and exclusion are the local orchestrator's: the run store's step records, and a lock file for each run.
    Prefect gives retries, limits, logs and a view of it all.
    """

    def __init__(self, settings: Settings, *, run_store: RunStorePort, home: Path) -> None:
        self._settings = settings
        self._run_store = run_store
        self._locks = RunLocks(home / "locks")
        self._server = PrefectServer(settings, home / "prefect")

    async def execute(self, run_id: str, workflow: Workflow[I, O], given: I) -> O:
        context = PrefectContext(run_id, self._run_store, self._settings)
        async with self._locks.hold(run_id), self._server.session() as client:
            return await run_as_flow(client, run_id, given, lambda: workflow(context, given))

    async def is_running(self, run_id: str) -> bool:
        return self._locks.held(run_id)
