"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Sources = Annotated[
    list[str] | None,
    typer.Option("--source", "-s", metavar="PATH", help="A document, a folder or an address of the web. Repeatable."),
]
Namespace = Annotated[str, typer.Option(help="The part of the library to use.")]
Model = Annotated[str | None, typer.Option(help="The language model; default: the one of the settings.")]
Orchestrator = Annotated[str | None, typer.Option(help="What runs the workflow; default: local.")]
MaxSeconds = Annotated[float | None, typer.Option(help="Answer after this time with what was found.")]
Seed = Annotated[int, typer.Option(min=0, help="Of what a model draws: the same seed, the same answer.")]
Offline = Annotated[bool, typer.Option("--offline", help="Download nothing.")]
StreamJson = Annotated[bool, typer.Option("--stream-json", help="Print each event as a line of JSON.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Also write a report: .md, .html, .pdf or .json.")]
