"""`rookery models fit`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rookery.entrypoints.cli.output import Json, out, print_json

if TYPE_CHECKING:
    from rookery.domain.models import Deployment, Fit, Memory
    from rookery.entrypoints.container import Container

_GB = 1e9


def fit(
    name: Annotated[str, typer.Argument(help="A model of `rookery models list`, or a path.")],
    *,
    ctx: Annotated[int | None, typer.Option(min=32, help="Tokens of one conversation.")] = None,
    slots: Annotated[int | None, typer.Option(min=1, max=256, help="Conversations side by side.")] = None,
    kv: Annotated[Literal["f16", "q8_0", "q4_0"] | None, typer.Option(help="How the KV cache is packed.")] = None,
    gpu_layers: Annotated[int | None, typer.Option(min=0, help="Layers on the GPU.")] = None,
    ram: Annotated[float | None, typer.Option(min=0.1, help="GB of RAM to plan for; default: what is free.")] = None,
    vram: Annotated[float, typer.Option(min=0, help="GB of the GPU's memory.")] = 0.0,
    json_: Json = False,
) -> None:
    """Say how much memory a model takes, whether that fits, and what to choose. Nothing is loaded.

    What is not given is taken from the settings of llama_cpp.
    """
    from rookery.entrypoints.cli.colony import with_colony

    given = {"n_ctx": ctx, "slots": slots, "kv_type": kv, "gpu_layers": gpu_layers}

    async def work(container: "Container") -> "Fit":
        from rookery.entrypoints.fitting import Wish, judge

        wish = Wish(name, {key: value for key, value in given.items() if value is not None}, ram, vram)
        return judge(container, wish)

    judged = with_colony(work)
    if json_:
        print_json(judged)
    else:
        _print(judged)
    if not judged.fits:
        raise typer.Exit(1)


def _print(fit: "Fit") -> None:
    from rich.table import Table

    out().print(f"{fit.model}: {_told(fit.deployment)}", soft_wrap=True)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    for size, what in _parts(fit.memory):
        table.add_row(f"{size / _GB:.2f} GB", what)
    out().print(table)
    out().print(_verdict("of RAM", fit.ram, fit.ram_available))
    if fit.vram or fit.vram_available:
        out().print(_verdict("of the GPU's memory", fit.vram, fit.vram_available))
    _print_advice(fit)


def _verdict(what: str, wanted: int, available: int) -> str:
    from rookery.application.models.choosing import SPARED

    fits = "[green]fits[/]" if wanted <= available * (1 - SPARED) else "[red]does not fit[/]"
    return f"[bold]{wanted / _GB:.2f} GB[/] {what}, {available / _GB:.1f} GB to plan for: {fits}"


def _print_advice(fit: "Fit") -> None:
    if fit.advice is None:
        out().print("Nothing of use fits: take a smaller model or quantization.")
    elif fit.advice == fit.deployment:
        out().print("That is also the best choice here.")
    else:
        chosen = fit.advice
        out().print(f"Best choice here: {_told(chosen)}. In rookery.toml:")
        lines = [f"n_ctx = {chosen.n_ctx}", f"slots = {chosen.slots}", f'kv_type = "{chosen.kv_type}"']
        lines += [f"gpu_layers = {chosen.gpu_layers}"] if chosen.gpu_layers else []
        for line in ["[llms.llama_cpp]", *lines]:
            out().print(f"  {line}", markup=False)
    for note in fit.notes:
        out().print(note, markup=False)


def _told(deployment: "Deployment") -> str:
    slots = f"{deployment.slots} slot{'s' * (deployment.slots != 1)}"
    gpu = f", {deployment.gpu_layers} layers on the GPU" if deployment.gpu_layers else ""
    return f"context {deployment.n_ctx:,}, {slots}, KV cache {deployment.kv_type}{gpu}"


def _parts(memory: "Memory") -> "list[tuple[int, str]]":
    parts = [
        (memory.mapped, "the model's file, mapped"),
        (memory.weights, "weights in the order that this CPU likes"),
        (memory.kv_cache, "KV cache"),
        (memory.compute, "computing"),
        (memory.output, "logits"),
        (memory.vocabulary, "vocabulary and grammars"),
        (memory.process, "the process itself"),
        (memory.vram_weights, "weights on the GPU"),
        (memory.vram_kv_cache, "KV cache on the GPU"),
        (memory.vram_compute, "computing on the GPU"),
    ]
    return [(size, what) for size, what in parts if size]
