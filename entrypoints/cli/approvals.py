"""`rookery approvals`: side effects that wait for a person."""

import json
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rookery.entrypoints.cli.output import Json, err, out, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from rookery.domain.approvals import Approval
    from rookery.entrypoints.container import Container

app = typer.Typer(help="What agents want to change outside, and who permits it.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="ID", help="`rookery approvals list` shows them.")]
BY = "the command line"
_COLOURS = {"pending": "yellow", "approved": "green", "denied": "red", "expired": "dim"}


@app.command("list")
def list_approvals(
    *,
    all_: Annotated[bool, typer.Option("--all", help="Those too that were decided or have expired.")] = False,
    run: Annotated[str | None, typer.Option(metavar="RUN_ID", help="Only those of a run.")] = None,
    json_: Json = False,
) -> None:
    """List what waits for a decision."""
    from rookery.domain.approvals import ApprovalStatus
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "list[Approval]":
        return await container.approval_store().all(status=None if all_ else ApprovalStatus.PENDING, run_id=run)

    approvals = with_colony(work)
    if json_:
        print_json({"approvals": [approval.model_dump(mode="json") for approval in approvals]})
    elif not approvals:
        out().print("No approval yet." if all_ else "Nothing waits for approval.")
    for approval in approvals if not json_ else []:
        _print_head(approval, out())


@app.command("show")
def show_approval(approval_id: Id, *, json_: Json = False) -> None:
    """Show what an agent wants to do, word for word, and what it had read."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "Approval":
        return await container.approval_store().get(approval_id)

    approval = with_colony(work)
    if json_:
        print_json(approval.model_dump(mode="json"))
    else:
        print_whole(approval, out())


@app.command("approve")
def approve(approval_id: Id, *, json_: Json = False) -> None:
    """Permit it, once, with exactly these arguments."""
    _decide(approval_id, "approve", json_=json_)


@app.command("deny")
def deny(approval_id: Id, *, json_: Json = False) -> None:
    """Forbid it; the agent is told and goes on without it."""
    _decide(approval_id, "deny", json_=json_)


def _decide(approval_id: str, decision: Literal["approve", "deny"], *, json_: bool) -> None:
    from rookery.domain.approvals import Decision
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "Approval":
        return await container.approval_store().decide(approval_id, Decision(decision=decision), by=BY)

    approval = with_colony(work)
    if json_:
        print_json(approval.model_dump(mode="json"))
        return
    print_whole(approval, out())
    err().print(f"If the run is parked, go on with it: rookery runs resume {approval.run_id}", style="dim")


def _print_head(approval: "Approval", console: "Console") -> None:
    from rich.text import Text

    state = (approval.status.value, _COLOURS[approval.status])
    console.print(Text.assemble((approval.id, "bold"), "  ", state, f"  {approval.agent_id} wants {approval.tool}"))
    console.print(Text(f"  {approval.reason}", style="dim"))


def print_whole(approval: "Approval", console: "Console") -> None:
    """Print an approval with its exact arguments, hidden characters too, and where the words come from."""
    from rich.text import Text

    from rookery.domain.hidden import made_visible

    _print_head(approval, console)
    asked, until = f"{approval.requested_at:%Y-%m-%d %H:%M}", f"{approval.expires_at:%H:%M}"
    console.print(Text(f"  run {approval.run_id}\n  asked {asked} UTC, until {until}", style="dim"))
    for name, value in approval.arguments.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        console.print(Text.assemble((f"  {name}: ", "bold"), made_visible(shown)))
    for origin in approval.origins:
        mark = "!" if origin.place in approval.echoes else " "
        told = f"  {mark} it has read: {origin.kind} {origin.place} {origin.title}".rstrip()
        console.print(Text(made_visible(told), style="dim"))
