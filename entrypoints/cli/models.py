"""`rookery models`: the language models that are here, and how to get and judge others."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from rookery.entrypoints.cli import models_fit, models_probe, models_pull
from rookery.entrypoints.cli.output import Json, out, print_json

if TYPE_CHECKING:
    from rich.table import Table

    from rookery.domain.models import ModelFile
    from rookery.entrypoints.container import Container
    from rookery.entrypoints.models import KnownModel

app = typer.Typer(
    help="The language models: list them, get one, see whether it fits and what it can do.", no_args_is_help=True
)


@app.command("list")
def list_models(*, json_: Json = False) -> None:
    """List the models; the one of the settings is marked."""
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.models import known_models

    async def work(container: "Container") -> "tuple[str, Sequence[KnownModel]]":
        return str(container.models()), known_models(container)

    folder, models = with_colony(work)
    if json_:
        print_json({"folder": folder, "models": [model.model_dump(mode="json") for model in models]})
        return
    out().print(_adapters(models))
    files = [model for model in models if model.file is not None]
    out().print()
    if files:
        out().print(_files(files))
        _tell_faults(files)
    else:
        out().print(f"No model file in {folder} yet. Get one that suits 12 GB of RAM:", soft_wrap=True)
        out().print("  rookery models pull unsloth/gemma-3-4b-it-GGUF:Q4_K_M", soft_wrap=True)


def _adapters(models: "Sequence[KnownModel]") -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    for model in models:
        if model.file is None:
            table.add_row("[green]●[/]" if model.chosen else " ", model.name, _ABOUT.get(model.name, "an adapter"))
    return table


_ABOUT = {
    "extractive": "ranked sentences of the sources, word for word; needs no model",
    "llama_cpp": "the files below, on this machine",
    "openai": "a server that speaks OpenAI's protocol",
}


def _files(models: "Sequence[KnownModel]") -> "Table":
    """A file is two lines, so that its name stays whole in 80 columns."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for model in models:
        if model.file is None:
            continue
        about = f"\n{_details(model.file, probed=model.probe is not None)}"
        details = Text(model.name, style="bold").append(about, style="not bold dim")
        table.add_row("[green]●[/]" if model.chosen else " ", details)
    return table


def _details(file: "ModelFile", *, probed: bool) -> str:
    size = f"{file.size / 1e9:.1f} GB" if file.size >= 1e8 else f"{file.size / 1e6:.1f} MB"
    if file.kind == "unreadable":
        return f"{size}, cannot be read"
    if file.kind == "accessory":
        return f"{size}, {file.architecture}: goes with a model, is none itself"
    context = f"context {file.context_tokens:,}" if file.context_tokens else "context unknown"
    template = "chat template" if file.chat_template else "no chat template"
    parts = [file.architecture, parameters(file.parameters), file.quantization, size, context]
    if file.kind == "embedding":
        return ", ".join([*parts, "for embeddings"])
    return ", ".join([*parts, template, "probed" if probed else "not probed"])


def parameters(count: int) -> str:
    """Return a number of parameters as models are named by it."""
    return f"{count / 1e9:.1f}B" if count >= 9.5e8 else f"{count / 1e6:.0f}M" if count >= 1e6 else f"{count / 1e3:.0f}k"


def _tell_faults(models: "Sequence[KnownModel]") -> None:
    from rookery.entrypoints.cli.output import complain

    for model in models:
        if model.file is not None and model.file.fault:
            complain(model.file.fault)


app.command("pull")(models_pull.pull)
app.command("fit")(models_fit.fit)
app.command("probe")(models_probe.probe)
