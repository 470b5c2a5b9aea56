"""`rookery mcp`: serving others, and the MCP servers whose tools agents may have."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rookery.entrypoints.cli.mcp import serve
from rookery.entrypoints.cli.output import Json, complain, err, out, print_json

if TYPE_CHECKING:
    from rookery.adapters.tools.mcp.source import McpToolSource
    from rookery.domain.pins import Judged
    from rookery.entrypoints.container import Container

app = typer.Typer(help="Serve editors and agents by MCP, and use the tools of MCP servers.", no_args_is_help=True)
app.command("serve")(serve)
Name = Annotated[str, typer.Argument(help="A server of the settings: [mcpServers.NAME].", metavar="NAME")]
Tools = Annotated[list[str] | None, typer.Option("--tool", help="Only this tool. Repeatable.")]


@app.command("list")
def list_servers(*, json_: Json = False) -> None:
    """List the MCP servers of the settings, without asking them."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> list[dict[str, Any]]:
        return [await _listed(container, source) for source in container.tool_sources()]

    servers = with_colony(work)
    if json_:
        print_json({"servers": servers})
        return
    from rich.table import Table

    table = Table("name", "accepted tools", "reached by", box=None, pad_edge=False)
    for server in servers:
        table.add_row(server["name"], str(len(server["accepted"])), server["reached_by"])
    out().print(table if servers else "No server yet: name one in rookery.toml, in a section [mcpServers.NAME].")


@app.command("check")
def check_servers(
    name: Annotated[str | None, typer.Argument(help="Only this server.", metavar="NAME")] = None, *, json_: Json = False
) -> None:
    """Ask servers what they offer, and say whether it can be used. Fails when any of it cannot."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> list[dict[str, Any]]:
        sources = [_source(container, name)] if name else list(container.tool_sources())
        return list(await asyncio.gather(*map(_checked, sources)))

    checked = with_colony(work)
    if json_:
        print_json({"servers": checked})
    for server in checked if not json_ else []:
        out().print(f"{server['name']}: {len(server['usable'])} tools can be used", markup=False)
        for problem in server["problems"]:
            complain(problem)
    if any(server["problems"] for server in checked):
        raise typer.Exit(1)


@app.command("show")
def show_server(name: Name, *, tool: Tools = None, json_: Json = False) -> None:
    """Show what a server says of its tools, what has changed since it was accepted, and what it hides."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "list[Judged]":
        return _chosen(await _source(container, name).look(), tool)

    judged = with_colony(work)
    if json_:
        print_json({"server": name, "tools": [_as_json(one) for one in judged]})
        return
    for one in judged:
        _show(one, in_full=True)


@app.command("trust")
def trust_server(
    name: Name,
    *,
    tool: Tools = None,
    yes: Annotated[bool, typer.Option("--yes", help="Accept what is shown without being asked.")] = False,
    json_: Json = False,
) -> None:
    """Show what is new or has changed, and accept it: agents may use these tools as they are now."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "list[Judged]":
        source = _source(container, name)
        waiting = [one for one in _chosen(await source.look(), tool) if one.standing in ("new", "changed", "moved")]
        for one in waiting if not json_ else []:
            _show(one, in_full=False)
        if waiting and (yes or await asyncio.to_thread(_agreed, len(waiting))):
            await source.accept(waiting, container.clock().now())
            return waiting
        return []

    accepted = with_colony(work)
    if json_:
        print_json({"server": name, "accepted": [one.name for one in accepted]})
    else:
        out().print(f"accepted {', '.join(one.name for one in accepted)}" if accepted else "nothing was accepted")


@app.command("distrust")
def distrust_server(name: Name, *, tool: Tools = None, json_: Json = False) -> None:
    """Take back that tools were accepted; of a server that has left the settings, too."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> list[str]:
        pins = await container.tool_pins().pins(name)
        dropped = [pin.tool.name for pin in pins if not tool or pin.tool.name in tool]
        await container.tool_pins().drop(name, dropped)
        return dropped

    dropped = with_colony(work)
    if json_:
        print_json({"server": name, "dropped": dropped})
    else:
        out().print(f"no longer accepted: {', '.join(dropped) or 'nothing, since nothing was'}")


def _source(container: "Container", name: str) -> "McpToolSource":
    from rookery.domain.errors import NotFound

    sources = {source.name: source for source in container.tool_sources()}
    if name not in sources:
        known = ", ".join(sources) or "none"
        raise NotFound(f"there is no MCP server {name!r} in the settings, or it is disabled; there are: {known}")
    return sources[name]


def _chosen(judged: "list[Judged]", tools: list[str] | None) -> "list[Judged]":
    from rookery.domain.errors import NotFound

    strangers = set(tools or []) - {one.name for one in judged}
    if strangers:
        raise NotFound(f"the server has no tool {', '.join(sorted(strangers))}")
    return [one for one in judged if not tools or one.name in tools]


async def _listed(container: "Container", source: "McpToolSource") -> dict[str, Any]:
    settings = source.settings
    pins = await container.tool_pins().pins(source.name)
    return {
        "name": source.name,
        "reached_by": settings.url or settings.command,
        "accepted": [pin.tool.name for pin in pins],
    }


async def _checked(source: "McpToolSource") -> dict[str, Any]:
    from rookery.domain.errors import RookeryError

    try:
        tools = await source.tools()
    except RookeryError as error:
        return {"name": source.name, "usable": [], "problems": [str(error)]}
    return {"name": source.name, "usable": [tool.name for tool in tools], "problems": source.notices}


def _as_json(judged: "Judged") -> dict[str, Any]:
    hidden = judged.offered.hidden() if judged.offered else []
    return {**judged.model_dump(mode="json"), "difference": judged.difference(), "hidden": hidden}


def _show(judged: "Judged", *, in_full: bool) -> None:
    from rookery.domain.hidden import made_visible

    screen, offered = out(), judged.offered
    screen.print(f"{made_visible(judged.name)}: {judged.standing}", style="bold", markup=False)
    if offered is not None and offered.fault:
        complain(f"it cannot be used: {offered.fault}")
    hidden = offered.hidden() if offered is not None else []
    if hidden:
        complain(f"it hides what a model reads and a person does not see: {', '.join(hidden)}")
    if judged.standing == "trusted":
        screen.print(offered.told() if in_full and offered else "", markup=False, soft_wrap=True)
        return
    for line in judged.difference().splitlines():
        screen.print(line, style={"+": "green", "-": "red"}.get(line[:1]), markup=False, soft_wrap=True)


def _agreed(count: int) -> bool:
    from rookery.domain.errors import InvalidRequest

    if not sys.stdin.isatty():
        raise InvalidRequest("nobody can be asked here; look at it with `rookery mcp show`, then accept it with --yes")
    err().print(f"May agents use {'this tool' if count == 1 else f'these {count} tools'} as shown? [y/N] ", end="")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
