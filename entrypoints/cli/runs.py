"""`rookery runs`: look at runs and steer them."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Json, out, print_json
from rookery.entrypoints.cli.run_ids import SHOWN, find_run

if TYPE_CHECKING:
    from rookery.domain.events import RunEvent
    from rookery.domain.runs import Run, StopRequest
    from rookery.entrypoints.container import Container

app = typer.Typer(help="Look at runs and steer them.", no_args_is_help=True)
_WHEN = {
    "pause": "asked to pause: the run parks as soon as the parts that it is at are finished",
    "cancel": "asked to cancel: the run ends within a second",
}
RunId = Annotated[
    str, typer.Argument(help="The run, by its id or the beginning of it; `rookery runs list` shows them.")
]


@app.command("list")
def list_runs(
    *, limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 20, json_: Json = False
) -> None:
    """List runs, newest first."""
    from rookery.application.research import as_it_stands
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "list[Run]":
        page = await container.run_store().page(limit=limit)
        return [await as_it_stands(run, container.orchestrator()) for run in page.items]

    runs = with_colony(work)
    if json_:
        print_json(runs)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("run", "status", "asked", "question", box=None, pad_edge=False)
    for run in runs:
        table.add_row(run.id[:SHOWN], run.status.value, f"{run.created_at:%Y-%m-%d}", Text(run.question))
    out().print(table if runs else "No run yet: ask with `rookery research`.")


@app.command("show")
def show_run(run_id: RunId, *, json_: Json = False) -> None:
    """Show how a run stands, and its answer."""
    from rookery.application.research import as_it_stands
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.cli.conducting import report

    async def work(container: "Container") -> "Run":
        return await as_it_stands(await find_run(container, run_id), container.orchestrator())

    run = with_colony(work)
    if json_:
        print_json(run)
    elif run.result is None and run.error is None:
        out().print(f"{run.question}\n{run.status.value}", markup=False)
    else:
        report(run)


@app.command("events")
def list_events(
    run_id: RunId,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for what is to come.")] = False,
    json_: Json = False,
) -> None:
    """Print the events of a run."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> None:
        run = await find_run(container, run_id)
        if json_ and not follow:
            print_json(await container.run_store().events(run.id))
        elif follow:
            async for event in container.run_store().follow(run.id):
                _print_line(event)
        else:
            for event in await container.run_store().events(run.id):
                _print_line(event)

    with_colony(work)


@app.command("resume")
def resume_run(
    run_id: RunId,
    *,
    orchestrator: Annotated[str | None, typer.Option(help="What runs the workflow; default: local.")] = None,
    json_: Json = False,
    stream_json: Annotated[bool, typer.Option("--stream-json", help="Print each new event as a line of JSON.")] = False,
) -> None:
    """Go on with a paused or interrupted run; its finished steps are not repeated."""
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.cli.conducting import conduct, report

    async def work(container: "Container") -> "Run":
        return await conduct(container, await find_run(container, run_id), json_lines=stream_json, quiet=json_)

    report(with_colony(work, ready=True, orchestrator=orchestrator), as_json=json_, silent=stream_json)


@app.command("pause")
def pause_run(run_id: RunId, *, json_: Json = False) -> None:
    """Park a run as soon as the parts that it is at are finished; `resume` goes on with it."""
    from rookery.domain.runs import StopRequest

    _stop(run_id, StopRequest.PAUSE, as_json=json_)


@app.command("cancel")
def cancel_run(run_id: RunId, *, json_: Json = False) -> None:
    """End a run within a second, wherever it is."""
    from rookery.domain.runs import StopRequest

    _stop(run_id, StopRequest.CANCEL, as_json=json_)


def _print_line(event: "RunEvent") -> None:
    """One line an event, however wide the terminal is."""
    sys.stdout.write(event.model_dump_json() + "\n")
    sys.stdout.flush()


def _stop(run_id: str, stop: "StopRequest", *, as_json: bool) -> None:
    from rookery.domain.runs import RunStatus
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "Run":
        return await container.stop_run()((await find_run(container, run_id)).id, stop)

    run = with_colony(work)
    if as_json:
        print_json(run)
    else:
        out().print(_WHEN[stop.value] if run.status is RunStatus.RUNNING else f"the run is {run.status}")
