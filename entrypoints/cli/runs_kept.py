"""`rookery runs`: what is kept of a run, shown again, checked and taken elsewhere."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from rookery.entrypoints.cli.output import Json, err, out, print_json
from rookery.entrypoints.cli.run_ids import find_run
from rookery.entrypoints.cli.runs import RunId, app

if TYPE_CHECKING:
    from rookery.application.bundle_checks import Opened
    from rookery.domain.events import RunEvent
    from rookery.domain.runs import Run
    from rookery.entrypoints.container import Container

__all__ = ["app"]
_ENDINGS = (".rookery", ".zip")
_LONGEST_PAUSE = 2.0  # seconds, however long the run stood still
RunOrBundle = Annotated[
    str, typer.Argument(metavar="RUN|BUNDLE", help="A run, or the .rookery file of one from anywhere.")
]


class Kept(NamedTuple):
    """A run and what happened in it, from this home or from a bundle."""

    run: "Run"
    events: "Sequence[RunEvent]"


@app.command("replay")
def replay_run(
    run: RunOrBundle,
    *,
    speed: Annotated[
        float | None,
        typer.Option(min=0.01, help="1: as fast as it was; 10: ten times as fast. Default: at once."),
    ] = None,
    json_: Json = False,
) -> None:
    """Show a run again from its events alone: no model is asked."""
    from rookery.entrypoints.cli.conducting import report

    kept = _kept(run)
    if json_:
        print_json(list(kept.events))
        return
    asyncio.run(_show(kept.events, speed))
    report(kept.run)


@app.command("verify")
def verify_run(run: RunOrBundle, *, json_: Json = False) -> None:
    """Compare every quote with its source, the answer with the events, and in a bundle every file with its seal."""
    opened = _opened_bundle(Path(run)) if _is_bundle(run) else _opened_run(run)
    count = len(opened.result.citations) if opened.result else 0
    digest = opened.manifest.digest if opened.manifest else None
    if json_:
        run_id = opened.run.id if opened.run else None
        print_json({"run_id": run_id, "digest": digest, "citations": count, "faults": opened.faults})
    else:
        for fault in opened.faults:
            out().print(fault, markup=False, soft_wrap=True)
        good = count - len(opened.misquoted)
        out().print(f"{good} of {count} quotes stand in their sources, character for character")
        if digest is not None and not opened.faults:
            out().print(f"nothing is missing or changed; digest {digest}", soft_wrap=True)
    if opened.faults:
        raise typer.Exit(1)


@app.command("export")
def export_run(
    run_id: RunId,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="A .md, .html, .pdf or .json report, or a .rookery (or .zip) bundle of all that is kept.",
        ),
    ],
    *,
    json_: Json = False,
) -> None:
    """Write a run's answer as a report, or all of the run as a bundle that `runs verify` checks on any machine."""
    from rookery.domain.errors import Conflict
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.cli.export import write_report

    if output.suffix in _ENDINGS:
        _export_bundle(run_id, output, as_json=json_)
        return

    async def work(container: "Container") -> "Run":
        return await find_run(container, run_id)

    run = with_colony(work)
    if run.result is None:
        raise Conflict(f"run {run.id} has no answer yet; it is {run.status}")
    write_report(run.result, output)
    if json_:
        print_json({"run_id": run.id, "path": str(output)})


def _export_bundle(run_id: str, output: Path, *, as_json: bool) -> None:
    from rookery.adapters.support.zipped import write_bundle
    from rookery.application.bundles import SealRun
    from rookery.domain.bundles import Manifest
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> tuple[str, Manifest, dict[str, bytes]]:
        found = (await find_run(container, run_id)).id
        return found, *await SealRun(container.run_store(), container.snapshots())(found)

    found, manifest, files = with_colony(work)
    write_bundle(output, files)
    if as_json:
        print_json({"run_id": found, "path": str(output), "digest": manifest.digest, "files": len(files)})
    else:
        out().print(f"{len(files)} files, digest {manifest.digest}", soft_wrap=True)


def _is_bundle(name: str) -> bool:
    return name.endswith(_ENDINGS)


def _opened_bundle(path: Path) -> "Opened":
    from rookery.adapters.support.zipped import read_bundle
    from rookery.application.bundle_checks import check

    return check(read_bundle(path))


def _opened_run(run_id: str) -> "Opened":
    """Seal the run and open it again; where that cannot be done for want of a text, say which."""
    from rookery.application.bundle_checks import Opened, check
    from rookery.application.bundles import SealRun
    from rookery.application.verification import verify
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> Opened:
        run = await find_run(container, run_id)
        faults = await verify(run.result.citations if run.result else [], container.snapshots())
        if faults:
            return Opened(run=run, result=run.result, faults=faults, misquoted=faults)
        _, files = await SealRun(container.run_store(), container.snapshots())(run.id)
        return check(files)

    return with_colony(work)


def _kept(name: str) -> Kept:
    from rookery.application.research import as_it_stands
    from rookery.domain.errors import InvalidRequest
    from rookery.entrypoints.cli.colony import with_colony

    if _is_bundle(name):
        opened = _opened_bundle(Path(name))
        if opened.run is None or opened.faults:
            raise InvalidRequest(f"{name} is not as it was sealed; `rookery runs verify` says what is wrong with it")
        return Kept(opened.run.model_copy(update={"result": opened.result}), opened.events)

    async def work(container: "Container") -> Kept:
        run = await find_run(container, name)
        return Kept(await as_it_stands(run, container.orchestrator()), await container.run_store().events(run.id))

    return with_colony(work)


async def _show(events: "Sequence[RunEvent]", speed: float | None) -> None:
    from rookery.entrypoints.cli.live import LiveRun

    with LiveRun(err()) as live:
        last = None
        for event in events:
            if speed is not None and last is not None:
                await asyncio.sleep(min((event.at - last).total_seconds() / speed, _LONGEST_PAUSE))
            last = event.at
            live.show(event)
