"""`rookery research`: ask, watch, read the answer."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Json

if TYPE_CHECKING:
    from rookery.domain.runs import ResearchRequest, Run
    from rookery.entrypoints.container import Container


class DepthOption(StrEnum):
    """How much work a question is worth."""

    QUICK = "quick"
    STANDARD = "standard"
    DEEP = "deep"


def research(
    question: Annotated[str, typer.Argument(help="The question; `-` reads it from standard input.")],
    *,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source", "-s", metavar="PATH", help="A document, a folder or an address of the web. Repeatable."
        ),
    ] = None,
    namespace: Annotated[str, typer.Option(help="The part of the library to use.")] = "default",
    depth: Annotated[DepthOption, typer.Option(help="How much work the question is worth.")] = DepthOption.STANDARD,
    model: Annotated[str | None, typer.Option(help="The language model; default: the one of the settings.")] = None,
    orchestrator: Annotated[str | None, typer.Option(help="What runs the workflow; default: local.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Answer after this time with what was found.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Download nothing.")] = False,
    json_: Json = False,
    stream_json: Annotated[bool, typer.Option("--stream-json", help="Print each event as a line of JSON.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write a report: .md, .html or .json.")
    ] = None,
) -> None:
    """Ask a question and get an answer in which every claim is locked to a quote of your documents."""
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.cli.conducting import conduct, report
    from rookery.entrypoints.cli.export import check_writable, write_report

    if output is not None:
        check_writable(output)
    request = _request(
        question=sys.stdin.read() if question == "-" else question,
        sources=[_absolute(location) for location in source or []],
        namespace=namespace,
        depth=depth.value,
        model=_absolute_model(model),
        max_seconds=max_seconds,
    )

    async def work(container: "Container") -> "Run":
        run = await container.start_run()(request)
        if not json_:
            _tell_eta(container, run)
        return await conduct(container, run, json_lines=stream_json, quiet=json_)

    run = with_colony(work, ready=True, model=model, orchestrator=orchestrator, offline=offline or None)
    if output is not None and run.result is not None:
        write_report(run.result, output)
    report(run, as_json=json_, silent=stream_json)


def _tell_eta(container: "Container", run: "Run") -> None:
    """Say how long it will take, where the model was probed."""
    from rookery.entrypoints.cli.output import duration, err
    from rookery.entrypoints.models import eta_of, probe_of

    eta = eta_of(probe_of(container, run.model), run.depth)
    if eta is not None:
        err().print(f"about {duration(eta.low)} to {duration(eta.high)} with {run.model}", style="dim", highlight=False)


def _request(**fields: object) -> "ResearchRequest":
    from pydantic import ValidationError

    from rookery.domain.errors import InvalidRequest
    from rookery.domain.runs import ResearchRequest

    try:
        return ResearchRequest.model_validate(fields)
    except ValidationError as error:
        faults = "; ".join(
            f"{fault['loc'][0]}: {fault['msg'].removeprefix('Value error, ')}" for fault in error.errors()
        )
        raise InvalidRequest(faults) from error


def _absolute_model(model: str | None) -> str | None:
    """A file is meant wherever the run goes on; a name stays one."""
    if model is None or not model.lower().endswith(".gguf") or not Path(model).expanduser().is_file():
        return model
    return str(Path(model).expanduser().absolute())


def _absolute(location: str) -> str:
    return location if "://" in location else str(Path(location).expanduser().absolute())
