"""Runs in a Prefect work pool: handed in by one process, conducted by others."""

import contextlib
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rookery.adapters.orchestrators.prefect.flows import flow_of, open_flow_runs, tags_of
from rookery.domain.runs import Run

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import FlowRun, State

_TYPE = "rookery"


class WorkPool:
    """A work pool by its name, as one client sees it."""

    def __init__(self, name: str, client: "PrefectClient") -> None:
        self.name = name
        self._client = client

    async def make(self) -> None:
        """Make sure that there is such a pool."""
        from prefect.client.schemas.actions import WorkPoolCreate
        from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

        try:
            await self._client.read_work_pool(self.name)
        except ObjectNotFound:
            pool = WorkPoolCreate(name=self.name, type=_TYPE, description="Runs that `rookery worker` conducts.")
            with contextlib.suppress(ObjectAlreadyExists):
                await self._client.create_work_pool(pool)

    async def hand_in(self, run: Run, *, after: int) -> None:
        """Put a run into the pool, unless it waits there already.

        Args:
            run: it has not ended.
            after: the `seq` of its last event. When a person pauses it while it waits there will be a later one.
        """
        from prefect.states import Cancelled, Scheduled

        await self.make()
        for begun in await open_flow_runs(self._client, run.id):
            if begun.work_pool_name == self.name and begun.parameters.get("after") == after:
                return
            await self.leave(begun, Cancelled(message="the run goes on in another flow run"))
        await self._client.create_flow_run(
            flow_of(_elsewhere),
            name=run.id,
            parameters={"run_id": run.id, "after": after},
            tags=tags_of(run.id, run.request()),
            work_pool_name=self.name,
            state=Scheduled(),
        )

    async def waiting(self) -> "list[FlowRun]":
        """Return the flow runs that may be started, as far as the pool's limits allow; the first one first."""
        found = await self._client.get_scheduled_flow_runs_for_work_pool(self.name, scheduled_before=datetime.now(UTC))
        return [response.flow_run for response in found]

    async def started(self) -> "list[FlowRun]":
        """Return the flow runs that some worker has taken and not brought to an end; it may be dead."""
        from prefect.client.schemas import filters
        from prefect.client.schemas.objects import StateType

        started = filters.FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING])
        return await self._client.read_flow_runs(
            flow_run_filter=filters.FlowRunFilter(state=filters.FlowRunFilterState(type=started)),
            work_pool_filter=filters.WorkPoolFilter(name=filters.WorkPoolFilterName(any_=[self.name])),
        )

    async def begin(self, flow_run: "FlowRun") -> bool:
        """Mark a flow run as taken, and return whether it was still there to be taken."""
        from prefect.states import Pending

        now = await self._client.read_flow_run(flow_run.id)
        if now.state is None or now.state.is_final():
            return False
        await self._client.set_flow_run_state(flow_run.id, Pending(), force=True)
        return True

    async def leave(self, flow_run: "FlowRun", state: "State[Any]") -> None:
        """Give a flow run a state, whatever it has now."""
        await self._client.set_flow_run_state(flow_run.id, state, force=True)

    async def here(self, worker: str, seconds: float) -> None:
        """Say that a worker is alive, and when it will say so again."""
        await self._client.send_worker_heartbeat(self.name, worker, math.ceil(seconds))


async def _elsewhere() -> "State[Any]":
    raise AssertionError("this flow is conducted by workers")
