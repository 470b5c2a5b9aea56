"""Choosing how to load a model, by the memory that there is."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from rookery.domain.models import Deployment, KvType, Memory

_GOALS = (
    *((16384, 8), (8192, 8), (16384, 4), (8192, 4), (8192, 2), (4096, 4), (8192, 1), (4096, 2), (4096, 1)),
    *((2048, 2), (2048, 1), (1024, 1)),
)
"""Context and slots, the most useful first: a researcher reads some 6,000 tokens, and 4 to 8 work side by side."""

_KV_TYPES: tuple[KvType, ...] = ("f16", "q8_0")
SPARED = 0.05
"""Of the memory, what is left alone."""


class Room(NamedTuple):
    """Bytes that may be used."""

    ram: int
    vram: int = 0

    def holds(self, memory: Memory) -> bool:
        """Say whether the memory fits, with a little left over."""
        left = 1 - SPARED
        return memory.ram <= self.ram * left and memory.vram <= self.vram * left


class Model(NamedTuple):
    """What of a model the choice depends on. `estimate` gives the memory of a deployment."""

    layers: int
    context_tokens: int
    estimate: Callable[[Deployment], Memory]


def choose(model: Model, room: Room, *, n_batch: int = 512) -> Deployment | None:
    """Return the best way to load the model; None when even the smallest does not fit.

    With a GPU that can take all layers, the best context that fits there; else as many layers as fit, which matters
    more to the speed than a large context.
    """
    if room.vram:
        whole = next((found for found in _ways(model, n_batch, model.layers + 1) if _fits(model, room, found)), None)
        if whole is not None:
            return whole
    return next((best for way in _ways(model, n_batch, 0) if (best := _most_layers(model, room, way))), None)


def _ways(model: Model, n_batch: int, gpu_layers: int) -> Iterator[Deployment]:
    seen: set[Deployment] = set()
    for n_ctx, slots in _GOALS:
        for kv_type in _KV_TYPES:
            way = Deployment(
                n_ctx=max(min(n_ctx, model.context_tokens or n_ctx), 32),
                slots=slots,
                kv_type=kv_type,
                gpu_layers=gpu_layers,
                n_batch=n_batch,
            )
            if way not in seen:
                seen.add(way)
                yield way


def _fits(model: Model, room: Room, way: Deployment) -> bool:
    return room.holds(model.estimate(way))


def _most_layers(model: Model, room: Room, way: Deployment) -> Deployment | None:
    counts = range(model.layers if room.vram else 0, -1, -1)
    options = (way.model_copy(update={"gpu_layers": count}) for count in counts)
    return next((option for option in options if _fits(model, room, option)), None)
