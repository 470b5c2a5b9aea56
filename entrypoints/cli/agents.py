"""`rookery agents`: the colony's members."""

from typing import Annotated

import typer

from rookery.entrypoints.cli.output import Json, out, print_json

app = typer.Typer(help="The colony's members.", no_args_is_help=True)


@app.command("list")
def list_agents(*, json_: Json = False) -> None:
    """List the agents."""
    from rookery.application.agents.roster import AGENTS

    if json_:
        print_json(AGENTS)
        return
    from rich.table import Table

    table = Table("agent", "tools", "goal", box=None, pad_edge=False)
    for agent in AGENTS:
        table.add_row(agent.id, ", ".join(agent.tools) or "none", agent.goal)
    out().print(table)


@app.command("show")
def show_agent(agent_id: Annotated[str, typer.Argument(metavar="AGENT")], *, json_: Json = False) -> None:
    """Show one agent."""
    from rookery.application.agents.roster import AGENTS
    from rookery.domain.errors import NotFound

    agent = next((agent for agent in AGENTS if agent.id == agent_id), None)
    if agent is None:
        raise NotFound(f"there is no agent {agent_id!r}; there are: {', '.join(known.id for known in AGENTS)}")
    if json_:
        print_json(agent)
        return
    for name, value in agent.model_dump(mode="json").items():
        out().print(f"{name}: {value}", markup=False)
