"""What a server tells of itself: which model it has, how large its context is, whether it counts tokens.

Every server lists its models; what stands beside them tells the servers apart. Sources: llama.cpp `tools/server`,
Ollama `docs/api.md`, vLLM `entrypoints/openai`, LM Studio's REST API v0.
"""

from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rookery.adapters.llms.openai_compatible.settings import Settings
from rookery.adapters.support.openai.refusals import Response
from rookery.domain.errors import LLMError

Ask = Callable[[str], Awaitable[Response]]
Post = Callable[[str, bytes], Awaitable[Response]]
Probe = Callable[[str, bytes | None], Awaitable[Response | None]]
R = TypeVar("R", bound=BaseModel)


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Meta(_Read):
    n_ctx: int | None = None


class _Model(_Read):
    """The context goes by `max_model_len` (vLLM), `context_length` (OpenRouter), `context_window` (Groq),
    `max_context_length` (Mistral) and, in LM Studio, `loaded_context_length`."""

    id: str
    owned_by: str = ""
    meta: _Meta | None = None
    loaded_context_length: int | None = None
    max_model_len: int | None = None
    context_length: int | None = None
    context_window: int | None = None
    max_context_length: int | None = None

    @property
    def context(self) -> int | None:
        told = self.meta.n_ctx if self.meta else None
        return (
            told
            or self.loaded_context_length
            or self.max_model_len
            or self.context_length
            or self.context_window
            or self.max_context_length
        )


class _Models(_Read):
    data: list[_Model]


class _Generation(_Read):
    n_ctx: int


class _Props(_Read):
    default_generation_settings: _Generation


class _Version(_Read):
    version: str


class _Running(_Read):
    name: str
    context_length: int | None = None


class _Processes(_Read):
    models: list[_Running]


class _Shown(_Read):
    parameters: str = ""


class Facts(NamedTuple):
    """What is known of the model. The context is in tokens; `settled` is false while it is only known once loaded."""

    model: str
    context_tokens: int | None = None
    tokenizer: Literal["llama-server", "vllm"] | None = None
    settled: bool = True


class Discovery:
    """Asks a server about itself.

    Args:
        settings: what they say is not asked.
        ask: gets an address, and raises when the server cannot be reached, has no time or does not accept the key.
        probe: gets an address that the server need not have, or posts to it; None when nothing comes of it.
    """

    def __init__(self, settings: Settings, ask: Ask, probe: Probe) -> None:
        self._settings = settings
        self._ask = ask
        self._probe = probe
        self._root = settings.base_url.removesuffix("/v1")

    async def facts(self) -> Facts:
        """Return what the server says.

        Raises:
            LLMError: it cannot be reached, or has several models and the settings name none.
        """
        models = _read(await self._ask(f"{self._settings.base_url}/models"), _Models)
        listed = models.data if models else []
        found = self._chosen(listed)
        name = self._settings.model or found.id
        facts = Facts(name, self._settings.context_tokens or found.context)
        if found.owned_by == "llamacpp":
            return facts._replace(tokenizer="llama-server", context_tokens=facts.context_tokens or await self._props())
        if found.owned_by == "vllm":
            return facts._replace(tokenizer="vllm")
        return facts if facts.context_tokens else await self._asked_further(name)

    async def settle(self, facts: Facts) -> Facts:
        """Return what is known now that the model is loaded."""
        return await self._ollama(facts.model)

    def _chosen(self, listed: list[_Model]) -> _Model:
        wanted = self._settings.model
        named = [model for model in listed if model.id in (wanted, f"{wanted}:latest")]
        if named or (len(listed) == 1 and (wanted is None or listed[0].owned_by == "llamacpp")):
            return (named or listed)[0]
        if wanted is not None:
            return _Model(id=wanted)
        names = ", ".join(model.id for model in listed[:10]) or "none that it tells"
        raise LLMError(
            f"{self._settings.base_url} has several models, or tells none; set `model` under [llms.openai]; "
            f"it has: {names}"
        )

    async def _props(self) -> int | None:
        props = _read(await self._probe(f"{self._root}/props", None), _Props)
        return props.default_generation_settings.n_ctx if props else None

    async def _asked_further(self, model: str) -> Facts:
        if _read(await self._probe(f"{self._root}/api/version", None), _Version):
            return await self._ollama(model)
        studio = _read(await self._probe(f"{self._root}/api/v0/models", None), _Models)
        entry = next((entry for entry in studio.data if entry.id == model), None) if studio else None
        return Facts(model, entry.context if entry else None)

    async def _ollama(self, model: str) -> Facts:
        """A loaded model has the context that it was loaded with, another one that of its Modelfile or a default."""
        processes = _read(await self._probe(f"{self._root}/api/ps", None), _Processes)
        running = [one for one in (processes.models if processes else []) if one.name in (model, f"{model}:latest")]
        if running and running[0].context_length:
            return Facts(model, running[0].context_length)
        asked = _Asked(model=model).model_dump_json().encode()
        shown = _read(await self._probe(f"{self._root}/api/show", asked), _Shown)
        for line in shown.parameters.splitlines() if shown else []:
            name, _, value = line.strip().partition(" ")
            if name == "num_ctx" and value.strip().isdecimal():
                return Facts(model, int(value))
        return Facts(model, settled=bool(running))


class _Asked(_Read):
    model: str = Field(min_length=1)


def _read(response: Response | None, kind: type[R]) -> R | None:
    """Return what a successful answer says; other servers answer with something else, or not at all."""
    if response is None or response.status != 200:
        return None
    try:
        return kind.model_validate_json(response.body)
    except ValidationError:
        return None
