"""Trying devices: a model runs on one only when it says there what it says on the CPU."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import NamedTuple, Protocol

from rookery.adapters.llms.llama_cpp.backends import CPU, BackendState, layers_after
from rookery.adapters.llms.llama_cpp.engine import Engine
from rookery.adapters.llms.llama_cpp.failures import DeviceFailed, Gone
from rookery.adapters.llms.llama_cpp.wire import Candidate, Device, Devices, Finished, Generate, Load, Look, Piece, Turn
from rookery.domain.errors import LLMError

Spawn = Callable[[Load | Look], Engine]
_ORDER = {"gpu": 0, "integrated": 1}
_PROMPT = "Count on: one, two, three, four, five,"
_TOKENS = 12
_CANDIDATES = 16
_TOLERANCE = 0.5  # of a logarithm of a probability; kernels round differently, broken ones are off by far more


class StateOf(Protocol):
    """Makes the record of a choice."""

    def __call__(self, device: str, layers: int, all_layers: int, reason: str) -> BackendState: ...


class Sample(NamedTuple):
    """What a model says on some device, and how many layers it has there and in all."""

    text: str
    candidates: Sequence[Candidate]
    layers: int
    all_layers: int


class Probe:
    """Finds the device for a model by trials in worker processes; blocks.

    Args:
        spawn: starts a worker.
        load: how the model is to be loaded in the end.
        wanted: `auto`, or the device's name.
        state: makes the record of the choice.
    """

    def __init__(self, spawn: Spawn, load: Load, *, wanted: str, state: StateOf) -> None:
        self._spawn, self._load, self._wanted, self._state = spawn, load, wanted, state

    def __call__(self) -> BackendState:
        """Return the best device that can be trusted, else the CPU; with the reason.

        Raises:
            LLMError: the model does not even run on the CPU, or the wanted device is not there.
        """
        devices = self._candidates(self._look())
        if not devices:
            return self._state(CPU, 0, 0, "llama.cpp finds no GPU; for Vulkan it must be built with it")
        reference = self._sample(None, 0)
        reasons: list[str] = []
        for device in devices:
            found = self._try(device, reference, reasons)
            if found is not None:
                return found
        return self._state(CPU, 0, reference.all_layers, "; ".join(reasons))

    def _look(self) -> Sequence[Device]:
        with _stopped(self._spawn(Look())) as engine:
            reply = engine.ready()
        return reply.devices if isinstance(reply, Devices) else []

    def _candidates(self, devices: Sequence[Device]) -> Sequence[Device]:
        if self._wanted.lower() == "auto":
            gpus = [device for device in devices if device.kind in _ORDER]
            return sorted(gpus, key=lambda device: _ORDER[device.kind])
        named = [device for device in devices if device.name.lower() == self._wanted.lower()]
        if not named:
            there = ", ".join(["the CPU", *(device.name for device in devices)])
            raise LLMError(f"llama.cpp finds no device {self._wanted!r}, but {there}; set `device` to auto or cpu")
        return named

    def _try(self, device: Device, reference: Sample, reasons: list[str]) -> BackendState | None:
        layers = self._load.gpu_layers
        while layers:
            try:
                sample = self._sample(device.name, layers)
            except DeviceFailed as error:
                reasons.append(f"{device.name} failed with {layers if layers > 0 else 'all'} layers: {error}")
                layers = layers_after(reference.all_layers if layers < 0 else layers, reference.all_layers)
                continue
            if not _agree(sample, reference):
                reasons.append(f"{device.name} says {sample.text!r} where the CPU says {reference.text!r}")
                return None
            reason = "; ".join([*reasons, f"{device.name} ({device.description}) says what the CPU says"])
            return self._state(device.name, sample.layers, sample.all_layers, reason)
        return None

    def _sample(self, device: str | None, layers: int) -> Sample:
        small: dict[str, object] = {"n_ctx": 256, "kv_tokens": None, "slots": 1}
        small |= {"ram_cache_mb": 0, "disk_cache": None, "loras": []}
        load = self._load.model_copy(update={**small, "device": device, "gpu_layers": layers})
        with _stopped(self._spawn(load)) as engine:
            loaded = engine.ready()
            try:
                text, finished = asyncio.run(_say(engine))
            except Gone as gone:  # it died as soon as the model was loaded
                raise engine.post_mortem() or gone from None
        if isinstance(loaded, Devices):
            raise LLMError("llama.cpp's process is of another version than Rookery; install both anew")
        on_device = loaded.layers if loaded.gpu_layers < 0 else min(loaded.gpu_layers, loaded.layers)
        return Sample(text, finished.candidates, on_device, loaded.layers)


@contextmanager
def _stopped(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.stop()


async def _say(engine: Engine) -> tuple[str, Finished]:
    def request(number: int) -> Generate:
        turns = [Turn(role="user", content=_PROMPT)]
        return Generate(id=number, messages=turns, max_tokens=_TOKENS, candidates=_CANDIDATES)

    text = ""
    with closing(engine.open(request)) as call:
        while isinstance(answer := await call.next(), Piece):
            text += answer.text
    if not isinstance(answer, Finished):
        raise LLMError("llama.cpp's process answered another question than the one it was asked")
    return text, answer


def _agree(one: Sample, reference: Sample) -> bool:
    """The same words; or after a near tie other ones, but the same first and nearly the same likelihoods."""
    if one.text == reference.text:
        return True
    likely = {candidate.token: candidate.logprob for candidate in one.candidates}
    near = [abs(likely[known.token] - known.logprob) for known in reference.candidates[:1] if known.token in likely]
    return bool(near) and near[0] <= _TOLERANCE and one.text[:1] == reference.text[:1]
