"""Runs as they stand, page by page."""

from rookery.application.research import as_it_stands
from rookery.domain.ports.orchestrator import OrchestratorPort
from rookery.domain.ports.run_store import RunPage, RunStorePort
from rookery.domain.runs import ALL_RUNS, Run, RunFilter, RunStatus


async def page_of_runs(
    run_store: RunStorePort,
    orchestrator: OrchestratorPort,
    *,
    limit: int,
    cursor: str | None = None,
    where: RunFilter = ALL_RUNS,
) -> RunPage:
    """Return at most `limit` runs that count as they stand, newest first.

    What is stored as running is interrupted when no process runs it.

    Raises:
        InvalidRequest: the cursor is none of ours.
    """
    items: list[Run] = []
    stored = where.model_copy(update={"statuses": _stored_as(where.statuses)})
    while True:
        page = await run_store.page(limit=limit - len(items), cursor=cursor, where=stored)
        standing = [await as_it_stands(run, orchestrator) for run in page.items]
        items += [run for run in standing if where.admits(run)]
        cursor = page.next_cursor
        if cursor is None or len(items) == limit:
            return RunPage(items, cursor)


def _stored_as(statuses: list[RunStatus] | None) -> list[RunStatus] | None:
    if statuses is None or RunStatus.INTERRUPTED not in statuses:
        return statuses
    return [*statuses, RunStatus.RUNNING]
