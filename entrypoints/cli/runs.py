"""`rookery runs`: look at runs and steer them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Json, err, out, print_json

if TYPE_CHECKING:
    from rookery.domain.runs import Run, StopRequest
    from rookery.entrypoints.container import Container

app = typer.Typer(help="Look at runs and steer them.", no_args_is_help=True)
_WHEN = {
    "pause": "asked to pause: the run parks as soon as the parts that it is at are finished",
    "cancel": "asked to cancel: the run ends within a second",
}
RunId = Annotated[str, typer.Argument(help="The run; `rookery runs list` shows them.")]


@app.command("list")
def list_runs(*, limit: Annotated[int, typer.Option(min=1, max=200)] = 20, json_: Json = False) -> None:
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

    table = Table("status", "asked", "question", box=None, pad_edge=False)
    table.add_column("run", no_wrap=True, min_width=36)
    for run in runs:
        table.add_row(run.status.value, f"{run.created_at:%Y-%m-%d}", run.question, run.id)
    out().print(table if runs else "No run yet: ask with `rookery research`.")


@app.command("show")
def show_run(run_id: RunId, *, json_: Json = False) -> None:
    """Show how a run stands, and its answer."""
    from rookery.application.research import as_it_stands
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.cli.conducting import report

    async def work(container: "Container") -> "Run":
        return await as_it_stands(await container.run_store().get(run_id), container.orchestrator())

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
        await container.run_store().get(run_id)
        if json_ and not follow:
            print_json(await container.run_store().events(run_id))
        elif follow:
            async for event in container.run_store().follow(run_id):
                out().print(event.model_dump_json(), markup=False)
        else:
            for event in await container.run_store().events(run_id):
                out().print(event.model_dump_json(), markup=False)

    with_colony(work)


@app.command("replay")
def replay_run(run_id: RunId) -> None:
    """Show a run again, from its stored events alone."""
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.cli.conducting import report
    from rookery.entrypoints.cli.live import LiveRun

    async def work(container: "Container") -> "Run":
        run = await container.run_store().get(run_id)
        with LiveRun(err()) as live:
            for event in await container.run_store().events(run_id):
                live.show(event)
        return run

    report(with_colony(work))


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
        return await conduct(container, await container.run_store().get(run_id), json_lines=stream_json, quiet=json_)

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


@app.command("verify")
def verify_run(run_id: RunId, *, json_: Json = False) -> None:
    """Compare every quote of a run's answer with the stored text of its source."""
    from rookery.application.verification import verify
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> tuple[int, list[str]]:
        run = await container.run_store().get(run_id)
        citations = run.result.citations if run.result else []
        return len(citations), await verify(citations, container.snapshots())

    count, faults = with_colony(work)
    if json_:
        print_json({"citations": count, "faults": faults})
    else:
        for fault in faults:
            out().print(fault, markup=False)
        out().print(f"{count - len(faults)} of {count} quotes stand in their sources, character for character")
    if faults:
        raise typer.Exit(1)


@app.command("export")
def export_run(
    run_id: RunId, output: Annotated[Path, typer.Option("--output", "-o", help="A .md, .html or .json file.")]
) -> None:
    """Write a run's answer as a report."""
    from rookery.domain.errors import Conflict
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.cli.export import write_report

    async def work(container: "Container") -> "Run":
        return await container.run_store().get(run_id)

    run = with_colony(work)
    if run.result is None:
        raise Conflict(f"run {run_id} has no answer yet; it is {run.status}")
    write_report(run.result, output)


def _stop(run_id: str, stop: "StopRequest", *, as_json: bool) -> None:
    from rookery.domain.runs import RunStatus
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "Run":
        return await container.stop_run()(run_id, stop)

    run = with_colony(work)
    if as_json:
        print_json(run)
    else:
        out().print(_WHEN[stop.value] if run.status is RunStatus.RUNNING else f"the run is {run.status}")
