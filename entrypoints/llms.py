"""Which language model a name means, and the ones that were made."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rookery.adapters.adapter_shelves.folder import sha256_of
from rookery.domain.errors import InvalidRequest, NotFound
from rookery.domain.ports.adapter_shelf import AdapterShelfPort
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.llm import LLMPort
from rookery.domain.tuning import TunedAdapter
from rookery.entrypoints import plugins
from rookery.entrypoints.settings import Settings

if TYPE_CHECKING:
    from rookery.adapters.llms.llama_cpp.backends import BackendState
    from rookery.domain.models import Probe
    from rookery.domain.ports.judge import JudgePort

_GROUP = "llms"
_FILES = "llama_cpp"


class LLMs:
    """The language models that a name can mean, each made when it is first asked for.

    A name is an adapter (`extractive`, `openai`), an adapter and its model (`openai:gpt-5`), or what llama.cpp is to
    load: a name in the models folder, `owner/repository:QUANT` once it was pulled, or a path.

    Args:
        settings: name the usual model, its fallbacks, and what each adapter needs.
        models: the folder of models.
        clock: for models that rest after a failure.
        shelf: has the adapters that were trained here.
        offered: what adapters may ask for by name.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        models: Path,
        clock: ClockPort,
        shelf: AdapterShelfPort,
        offered: Mapping[str, object],
    ) -> None:
        self._shelf = shelf
        self._settings = settings
        self._models = models
        self._clock = clock
        self._offered = {**offered, "models": models, "clock": clock}
        self._made: dict[str, LLMPort] = {}
        self._routed: dict[str, LLMPort] = {}

    def __call__(self, name: str | None) -> LLMPort:
        """Return a model, with the fallbacks of the settings behind it.

        Raises:
            NotFound, InvalidRequest, ConfigurationError: it cannot be had; the message says what can.
        """
        name = name or self._settings.research.model
        others = [other for other in self._settings.research.fallbacks if other != name]
        if not others or name == "extractive":
            return self._one(name)
        if name not in self._routed:
            self._routed[name] = self._router([name, *others])
        return self._routed[name]

    def check(self, name: str) -> None:
        """Find out whether a model can be had. Raises what a call raises; nothing is loaded."""
        self._one(name)

    def takes(self, name: str, adapter: TunedAdapter) -> bool:
        """Whether an adapter can be used with a model: it is its base, or works by rule and needs none."""
        kind, model = self._meaning(name)
        if kind != _FILES:
            return kind == "extractive"
        return self._digest(self._section(kind, model)) == adapter.base_sha256

    def base(self, name: str) -> tuple[Path, str]:
        """Return the file of a model that adapters can be trained for, and its digest.

        Raises:
            NotFound, InvalidRequest: there is no such file.
        """
        kind, model = self._meaning(name)
        file = self._file(self._section(kind, model)) if kind == _FILES else None
        if file is None:
            raise InvalidRequest(
                f"{name} is no GGUF file that lies here; name one with --model (`rookery models list`)"
            )
        return file, sha256_of(file)

    def judge(self, name: str, loras: Mapping[str, Path]) -> "JudgePort":
        """Return a model in llama.cpp with adapters of one's own; whoever asks closes it."""
        kind, model = self._meaning(name)
        section = self._section(kind, model)
        chosen = section | {"loras": {key: {"path": path} for key, path in loras.items()}, "disk_cache": False}
        judge: JudgePort = plugins.build(_GROUP, _FILES, settings=chosen, offered=self._offered)
        return judge

    def refuse_paths(self, name: str) -> None:
        """Refuse what lies outside the models folder: callers over the network choose among what was put there.

        Raises:
            InvalidRequest: the name is a path.
        """
        adapter, model = self._meaning(name)
        if adapter == _FILES and model is not None and (Path(model).is_absolute() or ".." in Path(model).parts):
            raise InvalidRequest(f"a model is chosen by its name, not by a path; `GET /v1/models` lists them ({name})")

    def backend(self, name: str) -> "BackendState | None":
        """Return where llama.cpp runs a model, or will by what was found before; null for what it does not run."""
        model = self._one(name)
        if self._meaning(name)[0] != _FILES:
            return None
        from rookery.adapters.llms.llama_cpp.llm import LlamaCppLLM

        return model.backend() if isinstance(model, LlamaCppLLM) else None

    def runs_on(self, name: str) -> str | None:
        """Say on which device llama.cpp runs a model and why; null where it does not, or has not run it yet."""
        try:
            state = self.backend(name)
        except InvalidRequest:
            return None
        if state is None:
            return None
        layers = f", {state.layers} of {state.all_layers} layers" if state.layers else ""
        return f"{state.device}{layers} ({state.reason})"

    async def retry_devices(self, name: str) -> None:
        """Have llama.cpp try the devices again for a model; nothing where it does not run it.

        Raises:
            LLMError: the model is not there.
        """
        if self.backend(name) is not None:
            from rookery.adapters.llms.llama_cpp.llm import LlamaCppLLM

            model = self._one(name)
            if isinstance(model, LlamaCppLLM):
                await model.retry_devices()

    def made(self) -> Iterator[tuple[str, LLMPort]]:
        """Yield the models that were asked for so far, by name."""
        yield from self._made.items()

    async def close(self) -> None:
        """Let go of all models; they are made anew when they are asked for."""
        made, self._made, self._routed = list(self._made.values()), {}, {}
        for model in made:
            await model.close()

    def _one(self, name: str) -> LLMPort:
        if name not in self._made:
            adapter, model = self._meaning(name)
            chosen = self._section(adapter, model)
            if adapter == _FILES:
                chosen |= {"loras": self._tuned(chosen) | chosen.get("loras", {})}
            self._made[name] = plugins.build(_GROUP, adapter, settings=chosen, offered=self._offered)
        return self._made[name]

    def _section(self, adapter: str, model: str | None) -> dict[str, Any]:
        section = dict(self._settings.llms.get(adapter, {}))
        chosen = section if model is None else section | {"model": model}
        return self._advised(chosen) | chosen if adapter == _FILES else chosen

    def _tuned(self, section: Mapping[str, object]) -> dict[str, dict[str, Path]]:
        """Return the adapters in use that were trained for a model."""
        used = self._shelf.used().values()
        digest = self._digest(section) if used else None
        return {one.id: {"path": one.path} for one in used if one.base_sha256 == digest}

    def _digest(self, section: Mapping[str, object]) -> str | None:
        file = self._file(section)
        return None if file is None else sha256_of(file)

    def _file(self, section: Mapping[str, object]) -> Path | None:
        """Return the file of a model; None where there is none, which the adapter says when it is asked."""
        from rookery.adapters.llms.llama_cpp.files import find_model

        model = section.get("model")
        if not isinstance(model, str):
            return None
        try:
            return find_model(self._models, model).absolute()
        except InvalidRequest:
            return None

    def _meaning(self, name: str) -> tuple[str, str | None]:
        """Return the adapter, and the model that it shall take instead of the one in its settings."""
        adapters = plugins.available(_GROUP)
        if name in adapters:
            return name, None
        adapter, colon, model = name.partition(":")
        if colon and model and adapter in adapters:
            return adapter, model
        if _FILES not in adapters:
            raise InvalidRequest(f"there is no model {name!r}; there are: {', '.join(adapters)}")
        self._require_file(name, adapters)
        return _FILES, name

    def _advised(self, section: Mapping[str, object]) -> dict[str, object]:
        """Return what the probe of a file advises; nothing where it was not probed."""
        probe = self._probe(section.get("model"))
        if probe is None:
            return {}
        from rookery.application.models.strategy import advise

        strategy = advise(probe)
        return {"slots": strategy.slots, "window_tokens": strategy.window_tokens or None}

    def _probe(self, model: object) -> "Probe | None":
        from rookery.adapters.llms.llama_cpp.catalogue import describe
        from rookery.adapters.model_hub.probes import ProbeFolder

        path = self._file({"model": model})
        if path is None:
            return None
        file = describe(path, str(model))
        return ProbeFolder(self._models).get(file.digest) if file.digest else None

    def _require_file(self, name: str, adapters: Iterable[str]) -> None:
        from rookery.adapters.llms.llama_cpp.files import find_model

        try:
            find_model(self._models, name)
        except NotFound as error:
            raise NotFound(f"{error}; or take one of these: {', '.join(adapters)}") from error

    def _router(self, names: Sequence[str]) -> LLMPort:
        from rookery.adapters.llms.router import Option, Router

        return Router([Option(name, partial(self._one, name)) for name in names], self._clock)
