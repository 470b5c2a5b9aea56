"""`rookery models`: the language models that are here."""

import typer

from rookery.entrypoints.cli.output import Json, out, print_json

app = typer.Typer(help="The language models that are here.", no_args_is_help=True)


@app.callback()
def models() -> None:
    """The language models that are here."""


@app.command("list")
def list_models(*, json_: Json = False) -> None:
    """List the models; the one of the settings is marked."""
    from rookery.entrypoints.plugins import available
    from rookery.entrypoints.settings import load_settings

    chosen = load_settings().research.model
    names = list(available("llms"))
    if json_:
        print_json({"models": [{"name": name, "chosen": name == chosen} for name in names]})
        return
    for name in names:
        out().print(f"{'*' if name == chosen else ' '} {name}")
