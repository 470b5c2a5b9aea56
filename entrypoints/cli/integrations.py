"""`rookery integrations`: the services in which teams work."""

import typer

from rookery.entrypoints.cli.output import Json, out, print_json

app = typer.Typer(help="The services in which teams work.", no_args_is_help=True)


@app.callback()
def integrations() -> None:
    """The services in which teams work."""


@app.command("list")
def list_integrations(*, json_: Json = False) -> None:
    """List the integrations that are installed."""
    from rookery.entrypoints.plugins import available

    names = list(available("integrations"))
    if json_:
        print_json({"integrations": names})
        return
    out().print("\n".join(names) if names else "No integration is installed.")
