"""On what device a model runs, why, and what is remembered of that from one start to the next."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import Field, ValidationError

from rookery.adapters.llms.llama_cpp.drivers import drivers
from rookery.domain.frozen import Frozen, Timestamp
from rookery.domain.ports.clock import ClockPort

CPU = "CPU"
_REMEMBERED = 64  # models and settings


class BackendState(Frozen):
    """Where the layers of a model are computed."""

    device: str = Field(description="a ggml device by name, or CPU")
    layers: int = Field(ge=0, description="on that device")
    all_layers: int = Field(ge=0, description="of the model; 0: not known yet")
    reason: str
    probed_at: Timestamp | None = Field(default=None, description="null: nothing had to be tried")


class _Key(Frozen):
    """What a choice depends on."""

    model: str
    size: int
    modified_ns: int
    wanted: str
    layers: int
    library: str
    drivers: str = ""  # a home may come to another machine, in a container for example


class _Entry(Frozen):
    key: _Key
    state: BackendState


class _Known(Frozen):
    entries: list[_Entry] = []


class Backends:
    """Chooses once, remembers, and steps down when a device fails.

    Args:
        file: where choices are kept; where it cannot be written, each process makes them again.
        device: the one that the settings want: `auto`, `cpu` or a name.
        layers: the number that the settings want on it.
        clock: says when.
    """

    def __init__(self, file: Path, *, device: str, layers: int, clock: ClockPort) -> None:
        self._file, self._device, self._layers, self._clock = file, device, layers, clock
        self._recent: list[_Entry] = []

    def choose(self, model: Path, probe: Callable[[], BackendState]) -> BackendState:
        """Return where the model runs: as it was remembered, else as the probe finds.

        Raises:
            LLMError: the probe could not be made.
        """
        if self._device.lower() == "cpu" or self._layers == 0:
            return _by_settings("the settings say so")
        return self.remembered(model) or self.remember(model, probe())

    def remembered(self, model: Path) -> BackendState | None:
        """Return what was chosen for the file in its present state, or null."""
        if self._device.lower() == "cpu" or self._layers == 0:
            return _by_settings("the settings say so")
        key = self._key(model)
        return next((entry.state for entry in [*self._recent, *self._read()] if entry.key == key), None)

    def step_down(self, model: Path, state: BackendState, why: str) -> BackendState:
        """Return the next to try, once a device has failed: half of the layers, a quarter, then the CPU."""
        layers = layers_after(state.layers, state.all_layers)
        reason = f"{state.device} failed with {_amount(state)} on it: {why}"
        return self.remember(model, self.state(state.device if layers else CPU, layers, state.all_layers, reason))

    def forget(self, model: Path) -> None:
        """Have the devices tried again by the next start."""
        self._keep(self._key(model), [])

    def remember(self, model: Path, state: BackendState) -> BackendState:
        """Keep a choice."""
        key = self._key(model)
        self._keep(key, [_Entry(key=key, state=state)])
        return state

    def state(self, device: str, layers: int, all_layers: int, reason: str) -> BackendState:
        """Return a choice of this moment."""
        return BackendState(
            device=device, layers=layers, all_layers=all_layers, reason=reason, probed_at=self._clock.now()
        )

    def _key(self, model: Path) -> _Key:
        status = model.stat()
        return _Key(
            model=str(model),
            size=status.st_size,
            modified_ns=status.st_mtime_ns,
            wanted=self._device,
            layers=self._layers,
            library=f"{_version()} {os.environ.get('LLAMA_CPP_LIB_PATH', '')}",
            drivers=drivers(),
        )

    def _read(self) -> list[_Entry]:
        try:
            return _Known.model_validate_json(self._file.read_bytes()).entries
        except (OSError, ValidationError):
            return []

    def _keep(self, key: _Key, entries: list[_Entry]) -> None:
        self._recent = [*(entry for entry in self._recent if entry.key != key), *entries]
        others = [entry for entry in self._read() if entry.key != key]
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self._file.parent, prefix=".", delete=False) as file:
                file.write(_Known(entries=[*others, *entries][-_REMEMBERED:]).model_dump_json(indent=1).encode("utf-8"))
            Path(file.name).replace(self._file)


def layers_after(layers: int, all_layers: int) -> int:
    """Return how many layers to try after so many failed; 0 when it is not worth another try."""
    fewer = layers // 2
    return fewer if fewer >= max(1, all_layers // 4) else 0


def told(state: BackendState) -> str:
    """Return a sentence for the person about a step down."""
    place = "the CPU" if state.device == CPU else f"{state.device} with {_amount(state)}"
    return f"{state.reason}; the model now runs on {place}"


def _amount(state: BackendState) -> str:
    return f"{state.layers} of {state.all_layers} layers" if state.layers > 0 else "all layers"


def _by_settings(reason: str) -> BackendState:
    return BackendState(device=CPU, layers=0, all_layers=0, reason=reason)


def _version() -> str:
    try:
        return version("llama-cpp-python")
    except PackageNotFoundError:
        return ""
