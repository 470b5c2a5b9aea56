"""`rookery tune`: what agents learnt from runs and people, trained into an adapter and examined before it is used."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Json, err, out, print_json

if TYPE_CHECKING:
    from rookery.application.tuning.training import Order
    from rookery.domain.lessons import Progress
    from rookery.domain.tuning import Bar, Correction, Example, Recipe, TunedAdapter
    from rookery.entrypoints.container import Container

app = typer.Typer(help="Train a LoRA adapter for an agent, on what its runs and people taught.", no_args_is_help=True)
AgentOption = Annotated[str, typer.Option("--agent", "-a", help="Whose replies: `rookery agents list`.")]
HeldOut = Annotated[
    float, typer.Option(min=0.05, max=0.9, help="The share of runs that is kept for the examination, and not learnt.")
]
REFUSED = 1


@app.command("export")
def export(
    agent: AgentOption,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="JSON Lines, a conversation a line.")],
    *,
    held_out: HeldOut = 0.25,
    json_: Json = False,
) -> None:
    """Write down what an agent can learn: replies of runs that held, and what people corrected and approved."""
    from rookery.domain.errors import InvalidRequest
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.example_files import write_examples

    examples = with_colony(lambda container: _collect(container, agent, held_out))
    if not examples:
        raise InvalidRequest(f"no run taught anything about {agent} yet; research something first")
    write_examples(output, examples)
    counts = _counts(examples)
    if json_:
        print_json({"file": str(output), **counts})
        return
    told = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items())
    out().print(f"{output}: {told}", markup=False, soft_wrap=True)


@app.command("correct")
def correct(
    run: Annotated[str, typer.Argument(metavar="RUN_ID", help="The run; its answer stays as it is.")],
    claim: Annotated[int, typer.Option("--claim", min=1, help="Which claim of the answer, from 1.")],
    text: Annotated[str, typer.Option("--text", help="What it should have been.")],
    *,
    json_: Json = False,
) -> None:
    """Say what a claim of an answer should have been; the writer can learn it. The answer stays as it was given."""
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.cli.run_ids import find_run

    async def work(container: "Container") -> "Correction":
        return await container.correct_claim()(await find_run(container, run), claim, text)

    correction = with_colony(work)
    if json_:
        print_json(correction)
        return
    out().print(f"was: {correction.was}\nnow: {correction.text}", markup=False, soft_wrap=True)


@app.command("train")
def train(
    agent: AgentOption,
    *,
    model: Annotated[str | None, typer.Option(help="The GGUF model to tune; default: that of the settings.")] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What `tune export` wrote; default: all that there is now.")
    ] = None,
    held_out: HeldOut = 0.25,
    rank: Annotated[int, typer.Option(min=1, max=256, help="Of the adapter.")] = 8,
    epochs: Annotated[int, typer.Option(min=1, help="How often each example is learnt.")] = 3,
    rate: Annotated[float, typer.Option(min=1e-7, max=1.0, help="The highest rate of learning.")] = 2e-4,
    qlora: Annotated[
        bool, typer.Option("--qlora", help="Leave the weights packed as in the file: less memory, slower.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="The same seed on the same CPU: the same adapter.")] = 0,
    margin: Annotated[
        float, typer.Option(min=1e-4, help="Nats by which a token of held-out replies must become likelier.")
    ] = 0.05,
    json_: Json = False,
) -> None:
    """Train an adapter and examine it on runs that it has not seen. Exit code 1: it was refused."""
    from rookery.domain.tuning import Bar, Recipe
    from rookery.entrypoints.cli.colony import with_colony

    recipe = Recipe(rank=rank, alpha=2.0 * rank, epochs=epochs, rate=rate, seed=seed, packed=qlora)

    async def work(container: "Container") -> "TunedAdapter":
        _require_agent(container, agent)
        examples = await _examples(container, agent, data, held_out)
        order = _order(container, (agent, model), examples, recipe, bar=Bar(margin=margin))
        return await _train(container, order)

    adapter = with_colony(work)
    if json_:
        print_json(adapter)
    else:
        _print_verdict(adapter)
    if not adapter.verdict.accepted:
        raise typer.Exit(REFUSED)


@app.command("list")
def list_adapters(*, json_: Json = False) -> None:
    """List the adapters that were trained here, and which agents use them."""
    from rich.table import Table
    from rich.text import Text

    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "tuple[list[TunedAdapter], dict[str, TunedAdapter]]":
        return container.shelf().all(), container.shelf().used()

    adapters, used = with_colony(work)
    in_use = {adapter.id for adapter in used.values()}
    if json_:
        print_json({"adapters": [one.model_dump(mode="json") | {"in_use": one.id in in_use} for one in adapters]})
        return
    if not adapters:
        out().print("No adapter yet: rookery tune train --agent writer")
        return
    table = Table("adapter", "model", "examples", "nats a token", "", box=None, padding=(0, 2, 0, 0))
    for one in adapters:
        gain = one.verdict.likelihood_after - one.verdict.likelihood_before
        state = "refused" if not one.verdict.accepted else "in use" if one.id in in_use else "accepted"
        table.add_row(*(Text(cell) for cell in (one.id, one.base, str(one.learnt), f"{gain:+.3f}", state)))
    out().print(table)


@app.command("use")
def use(adapter_id: Annotated[str, typer.Argument(metavar="ADAPTER", help="`rookery tune list` shows them.")]) -> None:
    """Let the agent that an adapter was trained for use it, from the next run on."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "TunedAdapter":
        from rookery.domain.errors import Conflict, NotFound

        shelf = container.shelf()
        found = next((one for one in shelf.all() if one.id == adapter_id), None)
        if found is None:
            raise NotFound(f"there is no adapter {adapter_id!r}; `rookery tune list` shows what there is")
        if not found.verdict.accepted:
            raise Conflict(
                f"{adapter_id} was refused: {'; '.join(found.verdict.reasons)}; tune anew with more examples"
            )
        shelf.use(found.agent, found.id)
        return found

    adapter = with_colony(work)
    out().print(f"{adapter.agent} uses {adapter.id} from now on, with {adapter.base}.", markup=False, soft_wrap=True)


@app.command("stop")
def stop(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent that goes on without an adapter.")],
) -> None:
    """Let an agent do without an adapter, from the next run on."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> None:
        container.shelf().use(agent, None)

    with_colony(work)
    out().print(f"{agent} uses no adapter.", markup=False)


async def _collect(container: "Container", agent: str, held_out: float) -> "list[Example]":
    _require_agent(container, agent)
    return await container.collect_examples()(agent, held_out=held_out)


def _require_agent(container: "Container", agent: str) -> None:
    from rookery.domain.errors import NotFound

    if agent not in container.agents():
        raise NotFound(f"there is no agent {agent!r}; there are: {', '.join(container.agents())}")


async def _examples(container: "Container", agent: str, data: Path | None, held_out: float) -> "list[Example]":
    from rookery.entrypoints.example_files import read_examples

    examples = await _collect(container, agent, held_out) if data is None else read_examples(data)
    return [example for example in examples if example.agent == agent]


def _order(
    container: "Container",
    whose: tuple[str, str | None],
    examples: "list[Example]",
    recipe: "Recipe",
    *,
    bar: "Bar",
) -> "Order":
    from rookery.application.tuning.training import Order

    agent, model = whose
    name = model or container.agents()[agent].model or container.settings().research.model
    path, digest = container.llms().base(name)
    return Order(agent=agent, base=name, base_path=path, base_sha256=digest, examples=examples, recipe=recipe, bar=bar)


async def _train(container: "Container", order: "Order") -> "TunedAdapter":
    from functools import partial

    from rich.progress import Progress as Bars

    with Bars(console=err(), transient=True) as bars:
        steps = bars.add_task("training", total=None, visible=False)

        def told(news: "Progress | str") -> None:
            if isinstance(news, str):
                bars.console.print(news, markup=False, style="dim")
                return
            shown = f"step {news.step} of {news.steps}, loss {news.loss:.3f}"
            bars.update(steps, total=news.steps, completed=news.step, description=shown, visible=True)

        tune = container.tune_agent(judge_of=partial(container.llms().judge, order.base))
        return await tune(order, told)


def _counts(examples: "list[Example]") -> dict[str, int]:
    grounds = ("corrected", "approved", "verified", "complete")
    held_out = sum(example.held_out for example in examples)
    return {"to_learn": len(examples) - held_out, "held_out": held_out} | {
        name: sum(example.grounds == name for example in examples) for name in grounds
    }


def _print_verdict(adapter: "TunedAdapter") -> None:
    verdict, console = adapter.verdict, out()
    lines = [
        f"{adapter.id}: {'accepted' if verdict.accepted else 'refused'}",
        f"  {verdict.examples} held-out examples of {verdict.runs} runs, of which {verdict.runs_gained} gained "
        f"(by chance: p = {verdict.chance:.2g})",
        f"  likelihood of a token: {verdict.likelihood_before:.3f} → {verdict.likelihood_after:.3f} nats "
        f"(wanted: {verdict.bar.margin:+g})",
        f"  agreement of its own replies: {verdict.agreement_before:.3f} → {verdict.agreement_after:.3f}",
        *(f"  refused: {reason}" for reason in verdict.reasons),
        *(f"  {note}" for note in adapter.notes),
    ]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    if verdict.accepted:
        err().print(f"To use it: rookery tune use {adapter.id}", style="dim")
