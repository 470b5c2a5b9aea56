"""`rookery integrations`: the services in which teams work."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Json, err, out, print_json

if TYPE_CHECKING:
    from rookery.domain.integrations import Delivery, IntegrationStatus
    from rookery.entrypoints.container import Container

app = typer.Typer(help="The services in which teams work.", no_args_is_help=True)
_STDIN = "-"


@app.callback()
def integrations() -> None:
    """The services in which teams work."""


@app.command("list")
def list_integrations(*, json_: Json = False) -> None:
    """List the integrations that are installed, and whether they are set up."""
    _show(_statuses(None), json_=json_)


@app.command("check")
def check(
    name: Annotated[str | None, typer.Argument(help="Default: all of them.")] = None, *, json_: Json = False
) -> None:
    """Ask the services whether they can be used. Exit code 1 where one that is set up cannot."""
    statuses = _statuses(name)
    _show(statuses, json_=json_)
    if any(status.configured and status.status.value not in ("ready", "waiting") for status in statuses):
        raise typer.Exit(1)


@app.command("notify")
def notify(
    name: Annotated[str, typer.Argument(help="slack, notion, github, jira …")],
    file: Annotated[str | None, typer.Argument(metavar="[FILE|-]", help="Markdown; - reads standard input.")] = None,
    *,
    run: Annotated[str | None, typer.Option("--run", help="Send the report of this run instead of a file.")] = None,
    target: Annotated[
        str | None, typer.Option(help="A channel, a page, owner/repo, a project; default: that of the settings.")
    ] = None,
    title: Annotated[str, typer.Option(help="Of the page, issue or message.")] = "",
    key: Annotated[str | None, typer.Option(help="What was sent under this key is not sent again.")] = None,
    json_: Json = False,
) -> None:
    """Send a text, or the report of a run, through an integration."""
    from rookery.domain.errors import InvalidRequest
    from rookery.entrypoints.cli.colony import with_colony

    if (run is None) == (file is None):
        raise InvalidRequest("name a file (or - for standard input), or a run by --run")
    if run is not None and title:
        raise InvalidRequest("the report of a run has its question for a title; --title is for files")
    text = "" if file is None else _text(file)

    async def work(container: "Container") -> "Delivery":
        from rookery.application.integrations import Publication
        from rookery.domain.integrations import Notification
        from rookery.entrypoints.container import show_notices

        show_notices(container, _tell)
        if run is not None:
            publication = Publication(integration=name, target=target)
            return await container.publish_run()(run, publication, idempotency_key=key)
        notification = Notification(text=text, title=title, target=target)
        return await container.notify()(name, notification, idempotency_key=key or container.clock().new_id())

    delivery = with_colony(work)
    if json_:
        print_json(delivery)
        return
    before = "was sent before, and not again" if delivery.repeated else "sent"
    parts = f" in {delivery.parts} parts" if delivery.parts > 1 else ""
    out().print(f"{before}{parts}: {delivery.url or delivery.target}", markup=False, soft_wrap=True)


def _tell(notice: str) -> None:
    err().print(notice, style="dim")


def _text(file: str) -> str:
    from rookery.domain.errors import InvalidRequest

    try:
        text = sys.stdin.read() if file == _STDIN else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{file} cannot be read: {error}") from error
    if not text.strip():
        raise InvalidRequest("there is no text to send")
    return text


def _statuses(name: str | None) -> "list[IntegrationStatus]":
    from rookery.application.integrations import check_all
    from rookery.domain.errors import NotFound
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "list[IntegrationStatus]":
        there = container.integrations()
        if name is not None and name not in there:
            raise NotFound(f"there is no integration {name!r}; there are: {', '.join(there) or 'none'}")
        return await check_all({key: one for key, one in there.items() if name in (None, key)})

    return with_colony(work)


def _show(statuses: "list[IntegrationStatus]", *, json_: bool) -> None:
    if json_:
        print_json({"integrations": [status.model_dump(mode="json") for status in statuses]})
        return
    from rich.table import Table

    table = Table("name", "state", "", box=None, pad_edge=False)
    for status in statuses:
        table.add_row(status.name, status.status.value, status.detail)
    out().print(table if statuses else "No integration is installed.")
