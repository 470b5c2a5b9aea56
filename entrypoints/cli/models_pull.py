"""`rookery models pull`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Downloads, Json, err, out, print_json

if TYPE_CHECKING:
    from rookery.adapters.model_hub.hub import Watch
    from rookery.adapters.support.download import Progress

INTERRUPTED = 130


def pull(
    reference: Annotated[
        str, typer.Argument(help="owner/repository, owner/repository:Q4_K_M or owner/repository:file.gguf")
    ],
    *,
    revision: Annotated[str, typer.Option(help="A branch, tag or commit.")] = "main",
    json_: Json = False,
) -> None:
    """Get a model from the hub. Ctrl-C leaves what came; the same command goes on from there.

    HF_TOKEN is sent along for gated models; HF_ENDPOINT names another hub.
    """
    from rookery.adapters.model_hub.hub import ModelHub
    from rookery.adapters.model_hub.settings import Settings
    from rookery.domain.errors import ConfigurationError
    from rookery.domain.model_names import parse_reference
    from rookery.entrypoints.settings import load_settings

    wanted, settings = parse_reference(reference), load_settings()
    if settings.research.offline:
        raise ConfigurationError("Rookery is offline: nothing is downloaded; unset ROOKERY_RESEARCH__OFFLINE first")
    try:
        with _shown(silent=json_) as watch:
            pulled = ModelHub(Settings()).pull(wanted, settings.home / "models", revision=revision, watch=watch)
    except KeyboardInterrupt as interrupt:
        err().print("stopped; the same command goes on from here")
        raise typer.Exit(INTERRUPTED) from interrupt
    if json_:
        print_json(pulled)
        return
    came = f"{pulled.received / 1e9:.2f} GB came" if pulled.received else "it was here already"
    for file in pulled.files:
        out().print(str(file), soft_wrap=True)
    out().print(f"{pulled.size / 1e9:.2f} GB, checked ({came}); use it with --model {pulled.reference}", soft_wrap=True)


@contextmanager
def _shown(*, silent: bool) -> "Iterator[Watch]":
    """Show on stderr how far the download is: a bar in a terminal, else a line at each tenth."""
    from rookery.adapters.model_hub.hub import Watch

    if silent:
        yield Watch()
    elif err().is_terminal:
        with _bar() as watch:
            yield watch
    else:
        yield Watch(progress=Downloads(), waiting=_waits)


@contextmanager
def _bar() -> "Iterator[Watch]":
    from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    from rookery.adapters.model_hub.hub import Watch

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=err(), expand=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(progress: "Progress") -> None:
            name = progress.file
            if name not in tasks:
                tasks[name] = bars.add_task(_short(name), total=progress.total, completed=progress.received)
            bars.update(tasks[name], completed=progress.received)

        yield Watch(progress=show, waiting=_waits)


def _short(name: str) -> str:
    stem = name.removesuffix(".gguf")
    return stem if len(stem) <= 28 else f"…{stem[-27:]}"


def _waits(path: Path) -> None:
    err().print(f"another process pulls {path.name}; waiting for it", markup=False, soft_wrap=True)
