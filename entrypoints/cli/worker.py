"""`rookery worker`: conduct the runs that others hand in."""

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rookery.domain.runs import Run
    from rookery.entrypoints.container import Container


def worker(
    *,
    pool: Annotated[
        str | None, typer.Option(help="The work pool; default: the one of the settings, else rookery.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Runs side by side; default: server.parallel_runs of the settings.")
    ] = None,
    orchestrator: Annotated[str, typer.Option(help="What has the pool.")] = "prefect",
) -> None:
    """Conduct the runs that `rookery serve` hands to a work pool, and those that a dead worker left."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> None:
        from rookery.entrypoints.cli.output import err
        from rookery.entrypoints.dispatching import exchanging
        from rookery.entrypoints.following import following
        from rookery.entrypoints.observing import tracing
        from rookery.entrypoints.work_pools import spreading

        server = container.settings().server
        container.roots.override(server.source_roots or [Path.cwd()])  # runs come from the network here, too
        container.machines().mirroring = False
        workplace = spreading(container.orchestrator(), orchestrator)
        err().print("Conducting what is handed in. Ctrl-C ends it; other workers then go on.", soft_wrap=True)
        traces = tracing(container.run_store(), container.settings().traces)
        async with exchanging(container), following(container), traces as observer:

            async def conduct(run_id: str) -> "Run":
                async with observer.watching(run_id):
                    return await container.conduct_run()(run_id)

            await workplace.work(conduct, pool=pool, parallel=limit or server.parallel_runs, until=told_to_stop())

    with_colony(work, ready=True, orchestrator=orchestrator)


def told_to_stop() -> asyncio.Event:
    """Return what is set when this process is asked to end, by Ctrl-C or by SIGTERM."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # on Windows Ctrl-C cancels it all, which comes to the same
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, told.set)
    return told
