"""Whether a model fits this machine, and what to choose."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from rookery.adapters.llms.llama_cpp.catalogue import read_model
from rookery.adapters.llms.llama_cpp.files import find_model
from rookery.adapters.llms.llama_cpp.fit import estimate, shape_of
from rookery.application.models.choosing import Model, Room, choose
from rookery.domain.errors import ConfigurationError, InvalidRequest
from rookery.domain.models import Deployment, Fit
from rookery.entrypoints.container import Container

_GB = 1_000_000_000


class Wish(NamedTuple):
    """What a person asks about. Sizes are in GB; no RAM given: what is free on this machine."""

    name: str
    deployment: Mapping[str, int | str]
    ram: float | None
    vram: float


def judge(container: Container, wish: Wish) -> Fit:
    """Return what a model takes and what to choose.

    Raises:
        NotFound, InvalidRequest: the name means no file here, or several.
        LLMError: the file cannot be read, or its memory cannot be estimated.
    """
    path = find_model(container.models(), wish.name)
    header = read_model(path)
    layers = len(shape_of(header).layers)
    deployment = _deployment(container, wish, layers, header.number("{arch}.context_length"))
    room = Room(ram=round(wish.ram * _GB) if wish.ram else free_ram(), vram=round(wish.vram * _GB))
    memory = estimate(header, deployment)
    model = Model(layers, header.number("{arch}.context_length"), lambda way: estimate(header, way))
    return Fit(
        model=wish.name,
        deployment=deployment,
        memory=memory,
        ram=memory.ram,
        vram=memory.vram,
        ram_available=room.ram,
        vram_available=room.vram,
        fits=room.holds(memory),
        advice=choose(model, room, n_batch=deployment.n_batch),
        notes=_notes(wish),
    )


def free_ram() -> int:
    """Return how many bytes of RAM programs can still get.

    Raises:
        InvalidRequest: the system does not tell.
    """
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError) as error:
        raise InvalidRequest("this system does not tell how much RAM there is; give it by --ram") from error


def _deployment(container: Container, wish: Wish, layers: int, context: int) -> Deployment:
    """What is not wished is as the settings have it; with a GPU, all layers are on it."""
    section = container.settings().llms.get("llama_cpp", {})
    known = {key: value for key, value in section.items() if key in ("n_ctx", "slots", "kv_type", "n_batch")}
    if context:
        known.setdefault("n_ctx", min(context, Deployment().n_ctx))
    if wish.vram:
        known["gpu_layers"] = layers + 1
    try:
        return Deployment.model_validate(known | dict(wish.deployment))
    except ValidationError as error:
        raise ConfigurationError(f"the settings [llms.llama_cpp] are wrong: {error}") from error


def _notes(wish: Wish) -> list[str]:
    if wish.vram:
        return ["The GPU's share is an estimate that was not checked against a real device."]
    return []
