"""A question from the command line to its answer."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from rookery.domain.runs import ResearchRequest, Run
    from rookery.entrypoints.container import Container


class Asked(NamedTuple):
    """What a person asks, and by what means it is to be answered. `agent` is one that works alone."""

    question: str
    sources: list[str]
    namespace: str
    model: str | None
    orchestrator: str | None
    max_seconds: float | None
    seed: int
    offline: bool
    depth: str = "standard"
    agent: str | None = None


def answer(asked: Asked, *, as_json: bool, as_lines: bool, output: Path | None) -> NoReturn:
    """Start a run, show how it goes, print its answer, and end the command with its exit code."""
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.cli.conducting import conduct, report
    from rookery.entrypoints.cli.export import check_writable, write_report

    if output is not None:
        check_writable(output)
    request = _request(asked)

    async def work(container: "Container") -> "Run":
        run = await container.start_run()(request)
        if not as_json:
            _tell_eta(container, run)
        return await conduct(container, run, json_lines=as_lines, quiet=as_json)

    research = {"model": asked.model, "orchestrator": asked.orchestrator, "offline": asked.offline or None}
    run = with_colony(work, ready=True, **research)
    if output is not None and run.result is not None:
        write_report(run.result, output)
    report(run, as_json=as_json, silent=as_lines)


def _request(asked: Asked) -> "ResearchRequest":
    from pydantic import ValidationError

    from rookery.domain.errors import InvalidRequest
    from rookery.domain.runs import ResearchRequest

    try:
        return ResearchRequest.model_validate(
            {
                "question": sys.stdin.read() if asked.question == "-" else asked.question,
                "sources": [_absolute(location) for location in asked.sources],
                "namespace": asked.namespace,
                "depth": asked.depth,
                "model": _absolute_model(asked.model),
                "max_seconds": asked.max_seconds,
                "seed": asked.seed,
                "agent": asked.agent,
            }
        )
    except ValidationError as error:
        faults = "; ".join(
            f"{fault['loc'][0]}: {fault['msg'].removeprefix('Value error, ')}" for fault in error.errors()
        )
        raise InvalidRequest(faults) from error


def _tell_eta(container: "Container", run: "Run") -> None:
    """Say how long it will take, where the model was probed."""
    from rookery.entrypoints.cli.output import duration, err
    from rookery.entrypoints.models import eta_of, probe_of

    eta = eta_of(probe_of(container, run.model), run.depth)
    if eta is not None:
        err().print(f"about {duration(eta.low)} to {duration(eta.high)} with {run.model}", style="dim", highlight=False)


def _absolute_model(model: str | None) -> str | None:
    """A file is meant wherever the run goes on; a name stays one."""
    if model is None or not model.lower().endswith(".gguf") or not Path(model).expanduser().is_file():
        return model
    return str(Path(model).expanduser().absolute())


def _absolute(location: str) -> str:
    return location if "://" in location else str(Path(location).expanduser().absolute())
