"""`rookery research`: ask, watch, read the answer."""

from enum import StrEnum
from typing import Annotated

import typer

from rookery.entrypoints.cli.options import (
    MaxSeconds,
    Model,
    Namespace,
    Offline,
    Orchestrator,
    Output,
    Seed,
    Sources,
    StreamJson,
)
from rookery.entrypoints.cli.output import Json


class DepthOption(StrEnum):
    """How much work a question is worth."""

    QUICK = "quick"
    STANDARD = "standard"
    DEEP = "deep"


def research(
    question: Annotated[str, typer.Argument(help="The question; `-` reads it from standard input.")],
    *,
    source: Sources = None,
    namespace: Namespace = "default",
    depth: Annotated[DepthOption, typer.Option(help="How much work the question is worth.")] = DepthOption.STANDARD,
    model: Model = None,
    orchestrator: Orchestrator = None,
    max_seconds: MaxSeconds = None,
    seed: Seed = 0,
    offline: Offline = False,
    json_: Json = False,
    stream_json: StreamJson = False,
    output: Output = None,
) -> None:
    """Ask a question and get an answer in which every claim is locked to a quote of your documents."""
    from rookery.entrypoints.cli.asking import Asked, answer

    answer(
        Asked(
            question=question,
            sources=source or [],
            namespace=namespace,
            model=model,
            orchestrator=orchestrator,
            max_seconds=max_seconds,
            seed=seed,
            offline=offline,
            depth=depth.value,
        ),
        as_json=json_,
        as_lines=stream_json,
        output=output,
    )
