"""Runs as Prefect flows."""

import logging
import signal
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from rookery.adapters.orchestrators.prefect.outcome import Outcome, coordination_failed
from rookery.domain.frozen import Frozen
from rookery.domain.ports.orchestrator import O
from rookery.domain.results import TaskResult
from rookery.domain.runs import ResearchRequest, StopRequest

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import FlowRun, State
    from prefect.flows import Flow

NAME = "rookery"
ARTIFACT = "answer"
_log = logging.getLogger(__name__)
_Handler = Callable[[int, FrameType | None], Any] | int | None


class Job(NamedTuple):
    """A run, what it was given, and what tells what a person asked of it."""

    run_id: str
    given: Frozen
    stop_asked: Callable[[], Awaitable[StopRequest | None]]


async def run_as_flow(client: "PrefectClient", job: Job, work: Callable[[], Awaitable[O]]) -> O:
    """Do the work of a run as a flow: the one that was begun for it before, else a new one.

    Raises:
        OrchestratorError: Prefect failed before the work was done. What it fails at afterwards is a warning.
        whatever the work raises.
    """
    from prefect.exceptions import PrefectSignal
    from prefect.flow_engine import run_flow_async

    outcome, theirs = Outcome[O](), signal.getsignal(signal.SIGTERM)

    async def conduct() -> "State[Any]":
        _give_back(theirs)
        await outcome.of(work)
        if outcome.error is None:
            await _show(outcome.get())
        return outcome.state(await job.stop_asked())

    flow = flow_of(conduct)
    try:
        flow_run = await _flow_run(client, flow, job)
        await run_flow_async(flow, flow_run=flow_run, parameters={"run_id": job.run_id}, return_type="state")
    except (Exception, PrefectSignal) as error:
        if not outcome.known:
            raise coordination_failed(error) from error
        _log.warning("Prefect was not told how run %s ended: %s", job.run_id, error)
    return outcome.get()


def flow_of(conduct: "Callable[[], Awaitable[State[Any]]]") -> "Flow[[str], Any]":
    """Return the flow that all runs are runs of."""
    from prefect.flows import flow

    @flow(name=NAME, validate_parameters=False, persist_result=False)
    async def conducted(run_id: str) -> "State[Any]":  # noqa: ARG001 - what Prefect knows the run by
        return await conduct()

    return conducted


def tag_of(run_id: str) -> str:
    """Return the tag by which the flow runs of a run are found."""
    return f"run:{run_id}"


def tags_of(run_id: str, given: Frozen) -> list[str]:
    """Return the tags of a flow run."""
    match given:
        case ResearchRequest():
            return [tag_of(run_id), f"depth:{given.depth}", f"namespace:{given.namespace}"]
        case _:
            return [tag_of(run_id)]


async def open_flow_runs(client: "PrefectClient", run_id: str) -> "list[FlowRun]":
    """Return the flow runs of a run that have not ended, as far as Prefect knows; the oldest first."""
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
        FlowRunFilterTags,
    )
    from prefect.client.schemas.objects import TERMINAL_STATES
    from prefect.client.schemas.sorting import FlowRunSort

    wanted = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[tag_of(run_id)]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(not_any_=list(TERMINAL_STATES))),
    )
    return await client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.EXPECTED_START_TIME_ASC)


async def _flow_run(client: "PrefectClient", flow: "Flow[[str], Any]", job: Job) -> "FlowRun":
    from prefect.states import Pending

    for begun in await open_flow_runs(client, job.run_id):
        await client.set_flow_run_state(begun.id, Pending(), force=True)
        return await client.read_flow_run(begun.id)
    tags = tags_of(job.run_id, job.given)
    return await client.create_flow_run(
        flow, name=job.run_id, parameters={"run_id": job.run_id}, tags=tags, state=Pending()
    )


async def _show(output: object) -> None:
    """Leave the answer with the flow run; one that cannot be left is no reason to lose it."""
    from prefect.artifacts import acreate_markdown_artifact

    if not isinstance(output, TaskResult):
        return
    try:
        await acreate_markdown_artifact(_markdown(output), key=ARTIFACT)
    except Exception as error:
        _log.warning("Prefect did not take the answer of run %s: %s", output.task_id, error)


def _markdown(result: TaskResult) -> str:
    quotes = [f'{cited.id}. "{cited.quote}" ({cited.title}, {cited.url})' for cited in result.citations]
    return "\n\n".join([result.output, "\n".join(quotes)])


def _give_back(theirs: "_Handler") -> None:
    """Let SIGTERM mean what it meant before Prefect's engine took it for itself; other runs go on beside this one."""
    from prefect.utilities.engine import is_prefect_sigterm_handler_installed

    if theirs is not None and is_prefect_sigterm_handler_installed():
        signal.signal(signal.SIGTERM, theirs)
