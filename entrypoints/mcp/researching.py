"""A question from a client to its answer, with word of how it goes."""

from collections.abc import Awaitable, Callable

from rookery.domain import events
from rookery.domain.events import RunEvent
from rookery.domain.runs import ResearchRequest, Run, RunStatus, StopRequest
from rookery.entrypoints.mcp.desk import Desk

Report = Callable[[int, str], Awaitable[None]]
"""Told how many events there were, and what the last one was."""


async def research(desk: Desk, request: ResearchRequest, report: Report) -> Run:
    """Conduct a run to its end and return it. When the caller is cancelled, so is the run.

    Raises:
        RookeryError: it cannot be taken on.
    """
    import anyio

    for location in request.sources:
        desk.container.reader().check(location)
    run = await desk.container.start_run()(request)
    try:
        await desk.conductor().take(run)
        async for event in desk.container.run_store().follow(run.id):
            told = in_words(event)
            if told is not None:
                await report(event.seq, told)
    except BaseException:
        with anyio.CancelScope(shield=True):
            await _cancel(desk, run.id)
        raise
    return await desk.container.run_store().get(run.id)


async def _cancel(desk: Desk, run_id: str) -> None:
    run = await desk.container.run_store().get(run_id)
    if not run.status.finished and run.status is not RunStatus.INTERRUPTED:
        await desk.container.stop_run()(run_id, StopRequest.CANCEL)


def in_words(event: RunEvent) -> str | None:
    """Return what an event says to somebody who waits for the answer; None: nothing."""
    match event:
        case events.PlanMade():
            return f"the question has {len(event.sub_questions)} parts"
        case events.AgentStarted():
            return f"{event.role}: {event.goal}"
        case events.ReflectionMade():
            return f"the critic has {len(event.follow_ups)} further questions"
        case events.SupervisorIntervened():
            return f"{event.reason}: {event.action}"
        case events.ClaimVerified():
            return f"{'supported' if event.supported else 'unsupported'}: {event.text}"
        case _:
            return _of_a_tool(event)


def _of_a_tool(event: RunEvent) -> str | None:
    match event:
        case events.ToolCalled():
            return f"{event.agent_id} uses {event.tool}"
        case events.ToolReturned():
            return f"{event.agent_id}: {event.summary}"
        case events.ApprovalRequested():
            return f"{event.tool} waits for a person's approval: {event.reason}"
        case _:
            return None
