"""Workflows as Prefect flows: it coordinates, our journal endures."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import httpx

from rookery.adapters.orchestrators.prefect.flows import Job, run_as_flow
from rookery.adapters.orchestrators.prefect.outcome import coordination_failed
from rookery.adapters.orchestrators.prefect.pool import WorkPool
from rookery.adapters.orchestrators.prefect.session import PrefectServer
from rookery.adapters.orchestrators.prefect.settings import Settings
from rookery.adapters.orchestrators.prefect.steps import PrefectContext
from rookery.adapters.orchestrators.prefect.worker import Worker
from rookery.adapters.support.run_lock import RunLocks
from rookery.domain.errors import ConfigurationError
from rookery.domain.ports.orchestrator import I, O, OrchestratorPort, Workflow
from rookery.domain.ports.run_claims import RunClaimsPort
from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.runs import Run

DEFAULT_POOL = "rookery"
_log = logging.getLogger(__name__)


class PrefectOrchestrator(OrchestratorPort):
    """A flow for each run, a task for each step that was not run before.

    Durability and exclusion are the local orchestrator's: the run store's step records, and a lock file for each run.
    Prefect gives retries, limits, logs and a view of it all.

    Args:
        settings: how it works.
        run_store: the journal.
        home: for lock files, and for Prefect's own.
        claims: who conducts what, where machines share runs; None: all workers share the home.
    """

    def __init__(
        self, settings: Settings, *, run_store: RunStorePort, home: Path, claims: RunClaimsPort | None = None
    ) -> None:
        self._settings = settings
        self._run_store = run_store
        self._locks = RunLocks(home / "locks")
        self._shared = claims
        self._claims = claims or RunLocks(home / "locks" / "claims")
        self._server = PrefectServer(settings, home / "prefect")
        if settings.work_pool is not None:
            self._want_a_shared_server()

    @property
    def work_pool(self) -> str | None:
        """The pool that runs are handed to; None: whoever takes a run on conducts it."""
        return self._settings.work_pool

    async def execute(self, run_id: str, workflow: Workflow[I, O], given: I) -> O:
        context = PrefectContext(run_id, self._run_store, self._settings)
        job = Job(run_id, given, partial(self._run_store.stop_asked, run_id))
        async with self._locks.hold(run_id), self._server.session() as client:
            return await run_as_flow(client, job, lambda: workflow(context, given))

    async def is_running(self, run_id: str) -> bool:
        if await self._locks.held(run_id):
            return True
        return self._shared is not None and await self._shared.held(run_id)

    async def hand_in(self, run: Run) -> None:
        """Have a worker conduct a run. Handed in twice, it is conducted once.

        Raises:
            OrchestratorError: the server cannot be reached, or did not take it.
        """
        events = await self._run_store.events(run.id)
        async with self._server.session() as client:
            try:
                pool = WorkPool(self._settings.work_pool or DEFAULT_POOL, client)
                await pool.hand_in(run, after=events[-1].seq if events else 0)
            except httpx.HTTPError as error:
                raise coordination_failed(error) from error

    async def work(
        self, conduct: Callable[[str], Awaitable[Run]], *, pool: str | None, parallel: int, until: asyncio.Event
    ) -> None:
        """Conduct the runs of a pool until told to stop. What is at work then is interrupted and stays in the pool.

        Args:
            conduct: brings a run to its end with this orchestrator.
            pool: default: the one of the settings.
            parallel: runs side by side.
            until: set to stop.

        Raises:
            ConfigurationError: no server is named, or Prefect is not installed.
            OrchestratorError: the server cannot be reached.
        """
        self._want_a_shared_server()
        worker = Worker(
            f"{socket.gethostname()}-{os.getpid()}",
            run_store=self._run_store,
            claims=self._claims,
            locks=self._locks,
            conduct=conduct,
            parallel=parallel,
        )
        async with self._server.session() as client:
            shared = WorkPool(pool or self._settings.work_pool or DEFAULT_POOL, client)
            await shared.make()
            _log.info("%s works for the pool %s", worker.name, shared.name)
            await worker.work(shared, until=until, poll_seconds=self._settings.poll_seconds)

    def _want_a_shared_server(self) -> None:
        if not self._server.shared:
            raise ConfigurationError(
                "workers and who hands them runs share a Prefect server: start one with `prefect server start` and "
                "set `[orchestrators.prefect] api_url` or PREFECT_API_URL, such as http://127.0.0.1:4200/api"
            )
