"""`rookery agents`: the colony's members."""

from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.options import (
    MaxSeconds,
    Model,
    Namespace,
    Offline,
    Orchestrator,
    Output,
    Seed,
    Sources,
    StreamJson,
)
from rookery.entrypoints.cli.output import Json, out, print_json

if TYPE_CHECKING:
    from rookery.domain.agents import Agent

app = typer.Typer(help="The colony's members.", no_args_is_help=True)


@app.command("list")
def list_agents(*, json_: Json = False) -> None:
    """List the agents."""
    agents = _agents()
    if json_:
        print_json(list(agents.values()))
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("agent", "goal", "tools", box=None, pad_edge=False)
    for agent in agents.values():
        table.add_row(Text(agent.id), Text(agent.goal), Text("\n".join(agent.tools) or "none"))
    out().print(table)


@app.command("show")
def show_agent(
    agent_id: Annotated[str, typer.Argument(metavar="AGENT", help="Its id; `rookery agents list` shows them.")],
    *,
    json_: Json = False,
) -> None:
    """Show one agent."""
    from rookery.domain.errors import NotFound

    agents = _agents()
    if agent_id not in agents:
        raise NotFound(f"there is no agent {agent_id!r}; there are: {', '.join(agents)}")
    agent = agents[agent_id]
    if json_:
        print_json(agent)
        return
    _print(agent)


@app.command("run")
def run_agent(
    agent_id: Annotated[str, typer.Argument(metavar="AGENT", help="Its id; `rookery agents list` shows them.")],
    task: Annotated[
        str, typer.Argument(metavar="TASK", help="What it is to find out; `-` reads it from standard input.")
    ],
    *,
    source: Sources = None,
    namespace: Namespace = "default",
    model: Model = None,
    orchestrator: Orchestrator = None,
    max_seconds: MaxSeconds = None,
    seed: Seed = 0,
    offline: Offline = False,
    json_: Json = False,
    stream_json: StreamJson = False,
    output: Output = None,
) -> None:
    """Give one agent a task of its own.

    What it finds is answered like any question, claim by claim.
    """
    from rookery.entrypoints.cli.asking import Asked, answer

    answer(
        Asked(
            question=task,
            agent=agent_id,
            sources=source or [],
            namespace=namespace,
            model=model,
            orchestrator=orchestrator,
            max_seconds=max_seconds,
            seed=seed,
            offline=offline,
        ),
        as_json=json_,
        as_lines=stream_json,
        output=output,
    )


def _print(agent: "Agent") -> None:
    from rich.table import Table
    from rich.text import Text

    budget = agent.budget
    limits = f"{budget.max_steps} steps, {budget.max_tool_calls} tool calls, {budget.max_tokens:,} tokens"
    shown = {
        "agent": agent.id,
        "role": agent.role,
        "goal": agent.goal,
        "tools": ", ".join(agent.tools) or "none",
        "model": agent.model or "that of the run",
        "lora": agent.lora or "none",
        "memory": agent.memory,
        "priority": str(agent.priority),
        "budget": f"{limits}, {budget.max_seconds:g} seconds",
        "alone": f'yes: rookery agents run {agent.id} "…"'
        if agent.works_alone
        else "no: it works in runs of the colony",
    }
    table = Table.grid(padding=(0, 2))
    for name, value in shown.items():
        table.add_row(Text(name, style="dim"), Text(value))
    out().print(table)


def _agents() -> "dict[str, Agent]":
    from rookery.entrypoints.container import Container
    from rookery.entrypoints.settings import load_settings

    return Container(settings=load_settings()).agents()
