"""`rookery models probe`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Json, duration, err, out, print_json

if TYPE_CHECKING:
    from rookery.application.models.probing import Stage
    from rookery.domain.models import Probe, Share
    from rookery.entrypoints.container import Container


def probe(
    name: Annotated[str, typer.Argument(help="What --model takes: a file, an adapter, or adapter:model.")],
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer tries and shorter prompts.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Try it, and its devices, even when that was done before.")
    ] = False,
    json_: Json = False,
) -> None:
    """Try out, once, what a model can do here: tool actions, JSON, honesty, long prompts, speed.

    The result is kept. It says how to work with the model and how long research will take.
    """
    from rookery.application.models.strategy import advise
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "Probe":
        with _progress(silent=json_) as show:
            return await _probed(container, name, show, quick=quick, again=again)

    found = with_colony(work, fallbacks=[])
    if json_:
        print_json({"probe": found.model_dump(mode="json"), "strategy": advise(found).model_dump(mode="json")})
    else:
        _print(found)


async def _probed(
    container: "Container", name: str, show: "Callable[[Stage], None]", *, quick: bool, again: bool
) -> "Probe":
    from rookery.adapters.model_hub.probes import ProbeFolder
    from rookery.application.models.probing import QUICK, ProbeModel, Thoroughness
    from rookery.domain.errors import InvalidRequest
    from rookery.entrypoints.models import digest_of, file_of, probe_of

    if name == "extractive":
        raise InvalidRequest("extractive is no language model: there is nothing to probe")
    known = None if again else probe_of(container, name)
    if known is not None:
        return known
    if again:
        await container.llms().retry_devices(name)
    digest = digest_of(name, file_of(container, name))
    prober = ProbeModel(container.llms()(name), container.clock(), progress=show)
    found = await prober(name, digest, QUICK if quick else Thoroughness())
    ProbeFolder(container.models()).put(found)
    return found


@contextmanager
def _progress(*, silent: bool) -> "Iterator[Callable[[Stage], None]]":
    """Tell on stderr what is being tried: a spinner in a terminal, else a line each."""
    if silent:
        yield lambda _: None
    elif err().is_terminal:
        with err().status("loading the model") as status:
            yield lambda stage: status.update(f"trying {stage.name} ({stage.done + 1} of {stage.total})")
    else:
        yield lambda stage: err().print(f"trying {stage.name} ({stage.done + 1} of {stage.total})")


def _print(probe: "Probe") -> None:
    from rich.table import Table

    from rookery.application.models.strategy import window_tokens

    out().print(f"{probe.model}, probed {probe.probed_at:%Y-%m-%d %H:%M} UTC in {probe.seconds:.0f} s", soft_wrap=True)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    table.add_row(
        "tool actions", f"{_of(probe.actions_bound)} bound by a schema, {_of(probe.actions_free)} in free text"
    )
    table.add_row("JSON", f"{_of(probe.json_bound)} bound by a schema, {_of(probe.json_free)} in free text")
    table.add_row("reading", f"{_of(probe.answers)} right; admits what is not said in {_of(probe.abstention)}")
    longest = max((needle.tokens for needle in probe.needles), default=0)
    found = sum(needle.found for needle in probe.needles)
    table.add_row(
        "long prompts",
        f"found {found} of {len(probe.needles)} facts in up to {longest:,} tokens; all up to {window_tokens(probe):,}",
    )
    table.add_row(
        "speed",
        f"reads {probe.prefill_tokens_per_second:,.0f} and writes {probe.decode_tokens_per_second:,.1f} tokens/s alone",
    )
    together = ", ".join(f"{one.concurrent}: {one.tokens_per_second:,.1f}" for one in probe.throughput)
    table.add_row("side by side", f"{together} tokens/s together")
    out().print(table)
    _print_advice(probe)


def _print_advice(probe: "Probe") -> None:
    from rookery.application.models.strategy import advise
    from rookery.domain.runs import Depth
    from rookery.entrypoints.models import eta_of

    strategy = advise(probe)
    bound = "bind actions by their schema" if strategy.bind_actions else "free text is enough for actions"
    out().print(
        f"[bold]Use it so:[/] {bound}; {strategy.slots} agents side by side; prompts up to "
        f"{strategy.window_tokens:,} tokens; research up to {strategy.depth}."
    )
    for depth in Depth:
        expected = eta_of(probe, depth)
        if expected is not None:
            out().print(f"  {depth}: {duration(expected.low)} to {duration(expected.high)}")
    for note in probe.notes:
        out().print(f"noted: {note}", markup=False)


def _of(share: "Share") -> str:
    return f"{share.good} of {share.tried}"
