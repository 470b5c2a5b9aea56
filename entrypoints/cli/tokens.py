"""`rookery tokens`: who may use the API."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Json, err, out, print_json

if TYPE_CHECKING:
    from rookery.domain.access import AccessToken
    from rookery.entrypoints.container import Container

app = typer.Typer(help="Who may use the API.", no_args_is_help=True)


class ScopeOption(StrEnum):
    """What a token permits."""

    READ = "read"
    RUN = "run"
    MEMORY = "memory"
    APPROVE = "approve"
    ADMIN = "admin"


@app.command("create")
def create_token(
    *,
    name: Annotated[str, typer.Option(help="What it is for.")] = "token",
    scope: Annotated[list[ScopeOption] | None, typer.Option(help="Repeatable; default: all.")] = None,
    json_: Json = False,
) -> None:
    """Make a token and print it, this once."""
    from rookery.domain.access import Scope
    from rookery.entrypoints.cli.colony import with_colony

    scopes = [Scope(option.value) for option in scope or [ScopeOption.ADMIN]]

    async def work(container: "Container") -> "tuple[str, AccessToken]":
        return await container.create_token()(name, scopes)

    secret, token = with_colony(work)
    if json_:
        print_json({"id": token.id, "token": secret, "scopes": [scope.value for scope in scopes]})
        return
    out().print(secret, markup=False)
    err().print(f"Keep it: it is not shown again. Revoke it with `rookery tokens revoke {token.id}`.", style="dim")


@app.command("list")
def list_tokens(*, json_: Json = False) -> None:
    """List tokens, without their secrets."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "list[AccessToken]":
        return await container.token_store().all()

    tokens = with_colony(work)
    if json_:
        print_json({"tokens": [token.model_dump(mode="json", exclude={"digest"}) for token in tokens]})
        return
    from rich.table import Table

    table = Table("id", "name", "scopes", "made", "state", box=None, pad_edge=False)
    for token in tokens:
        scopes = ", ".join(scope.value for scope in token.scopes)
        state = "revoked" if token.revoked_at else "valid"
        table.add_row(token.id, token.name, scopes, f"{token.created_at:%Y-%m-%d}", state)
    out().print(table if tokens else "No token yet: `rookery tokens create` makes one.")


@app.command("revoke")
def revoke_token(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="`rookery tokens list` shows them.")],
    *,
    json_: Json = False,
) -> None:
    """Make a token worthless from now on."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "AccessToken":
        return await container.revoke_token()(token_id)

    token = with_colony(work)
    if json_:
        print_json(token.model_dump(mode="json", exclude={"digest"}))
    else:
        out().print(f"revoked {token.name}")
