"""GGUF language models behind `LLMPort`."""

import asyncio
import importlib.util
import sys
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, closing, suppress
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, JsonValue

from rookery.adapters.llms.llama_cpp import wire
from rookery.adapters.llms.llama_cpp.backends import Backends, BackendState
from rookery.adapters.llms.llama_cpp.calls import Call
from rookery.adapters.llms.llama_cpp.engine import Limits, Program
from rookery.adapters.llms.llama_cpp.failures import DeviceFailed, Gone
from rookery.adapters.llms.llama_cpp.settings import Settings
from rookery.adapters.llms.llama_cpp.supervisor import Supervisor
from rookery.adapters.support.processes import Limit
from rookery.domain.errors import ConfigurationError, LLMError
from rookery.domain.inference import Capabilities, LLMReply, LLMRequest, Message
from rookery.domain.lessons import Weighed
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.judge import JudgePort
from rookery.domain.results import Usage
from rookery.domain.schemas import bound_lengths, lock_sources

A = TypeVar("A", bound=BaseModel)
_LONGEST_STRING, _MOST_ITEMS = 800, 8  # where a schema sets no limit: what weak models write may never end
WORKER = [sys.executable, "-P", "-m", "rookery.adapters.llms.llama_cpp.worker"]
_LIBRARIES = {"llama_cpp": "llama-cpp-python", "llguidance": "llguidance", "jinja2": "jinja2"}


class LlamaCppLLM(JudgePort):
    """A model in llama.cpp, in a process of its own that is started by the first request and again after a crash.

    It serves any number of requests at once, from any thread and event loop. The process ends with this one, or when
    it is closed.

    Args:
        settings: the model and how to run it.
        models: the folder in which models lie.
        home: Rookery's; what was found out about devices and conversations on disk lie there, in `llama`.
        clock: measures, and dates what is found out.
        command: the worker program, another one than Rookery's own.

    Raises:
        ConfigurationError: llama-cpp-python or what it needs is not installed.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        models: Path,
        home: Path,
        clock: ClockPort,
        command: Sequence[str] = tuple(WORKER),
    ) -> None:
        _require_libraries()
        self._settings, self._clock = settings, clock
        folder = home / "llama"
        self._cache = folder / "cache" if settings.disk_cache else None
        limits = Limits(
            load=Limit(settings.load_timeout_seconds, "load_timeout_seconds"),
            stall=Limit(settings.stall_timeout_seconds, "stall_timeout_seconds"),
        )
        self._supervisor = Supervisor(
            settings,
            program=Program(command, limits, clock),
            backends=Backends(
                folder / "backends.json", device=settings.device, layers=settings.gpu_layers, clock=clock
            ),
            models=models,
            cache=self._cache,
        )
        weakref.finalize(self, self._supervisor.stop)

    async def complete(self, request: LLMRequest) -> LLMReply:
        """Return the whole reply. A request that a device failed is done again where the model runs next.

        Raises:
            ContextOverflow: prompt and reply do not fit the context.
            LLMError: the model cannot be loaded or the request is refused; or the process crashed or hung
                (`retryable`), and is started anew by the next request.
        """
        started = self._clock.monotonic()
        pieces: list[str] = []
        usage = Usage()
        async with aclosing(self._answers(request)) as answers:
            async for answer in answers:
                if isinstance(answer, str):
                    pieces.append(answer)
                elif answer is None:
                    pieces.clear()
                else:
                    usage = _usage(answer, self._clock.monotonic() - started)
        return LLMReply(text="".join(pieces), usage=usage, model=self._name, notices=self._supervisor.take_notices())

    async def stream(self, request: LLMRequest) -> AsyncIterator[str]:
        """Yield the reply in pieces; one that is done again after a device failed goes on where it was.

        Raises:
            LLMError: as `complete`; or the reply goes on in another way where it is done again (`retryable`).
        """
        told, fresh = "", ""
        async with aclosing(self._answers(request)) as answers:
            async for answer in answers:
                if answer is None:
                    fresh = ""
                elif isinstance(answer, str):
                    fresh += answer
                    if not fresh.startswith(told[: len(fresh)]):
                        break
                    if len(fresh) > len(told):
                        yield fresh[len(told) :]
                        told = fresh
        if fresh != told:
            raise LLMError("the device failed amid the reply, and elsewhere it comes out differently", retryable=True)

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the exact number of tokens of the prompt.

        Raises:
            LLMError: the model cannot be loaded, or its process crashed (`retryable`).
        """
        turns = _turns(messages)
        return (await self._ask(wire.Counted, lambda number: wire.Count(id=number, messages=turns))).tokens

    async def weigh(
        self, messages: Sequence[Message], reply: str, *, lora: str | None = None, likelihood: bool = True
    ) -> Weighed:
        """Return the tokens of prompt and reply as the model reads them, and how likely it finds the reply's.

        Raises:
            ContextOverflow: they do not fit the context together.
            LLMError: as `complete`.
        """
        self._require_lora(lora)
        fields = {"messages": _turns(messages), "reply": reply, "lora": lora, "likelihood": likelihood}
        found = await self._ask(wire.Weighed, lambda number: wire.Weigh.model_validate({"id": number, **fields}))
        return Weighed(prompt=found.prompt, reply=found.reply, likelihoods=found.likelihoods)

    def capabilities(self) -> Capabilities:
        """Return the model's name, and its context once it was loaded."""
        loaded = self._supervisor.loaded
        return Capabilities(
            name=self._name,
            context_tokens=loaded.n_ctx if loaded else None,
            window_tokens=self._settings.window_tokens,
            binds_schema=True,
            generative=True,
        )

    def backend(self) -> BackendState | None:
        """Return on which device the model runs and why; null before it was first loaded. Starts nothing."""
        return self._supervisor.backend()

    async def retry_devices(self) -> None:
        """Have the devices tried again by the next request.

        Raises:
            LLMError: the model is not there.
        """
        await asyncio.to_thread(self._supervisor.retry_devices)

    async def suspend(self, folder: Path) -> int:
        """Write the conversations to a folder and free the model; the next request loads it again.

        Returns: the number of conversations; 0 when no model was loaded.

        Raises:
            LLMError: they cannot be written.
        """
        if self._supervisor.running is None:
            return 0
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        suspended = await self._ask(wire.Suspended, lambda number: wire.Suspend(id=number, folder=str(folder)))
        await self.close()
        return suspended.sessions

    async def restore(self, folder: Path) -> int:
        """Load the model and the conversations that `suspend` wrote.

        Returns: the number of conversations that could be taken back.

        Raises:
            LLMError: the model cannot be loaded.
        """
        restored = await self._ask(wire.Restored, lambda number: wire.Restore(id=number, folder=str(folder)))
        return restored.sessions

    async def release(self) -> None:
        """Write the conversations to the disk cache and free the model; the next request goes on from there.

        Raises:
            LLMError: they cannot be written.
        """
        try:
            if self._cache is not None:
                await self.suspend(self._cache)
        finally:
            await self.close()

    async def close(self) -> None:
        """End the process and free its memory; requests that run fail, and the next one starts it again."""
        await asyncio.to_thread(self._supervisor.stop)

    @property
    def _name(self) -> str:
        name = self._settings.model
        return Path(name).stem if name.lower().endswith(".gguf") else name

    async def _answers(self, request: LLMRequest) -> AsyncGenerator[str | wire.Finished | None, None]:
        """Yield the pieces and the end; None when a device failed and all begins anew."""
        make = self._generate(request)
        while True:
            try:
                with closing(await self._open(make)) as call:
                    while isinstance(answer := await call.next(), wire.Piece):
                        yield answer.text
            except DeviceFailed:
                yield None
                continue
            yield _expected(answer, wire.Finished)
            return

    async def _ask(self, wanted: type[A], make: Callable[[int], BaseModel]) -> A:
        while True:
            with suppress(DeviceFailed), closing(await self._open(make)) as call:
                return _expected(await call.next(), wanted)

    async def _open(self, make: Callable[[int], BaseModel]) -> Call:
        while True:
            engine = await self._supervisor.engine()
            with suppress(Gone):
                return engine.open(make)

    def _generate(self, request: LLMRequest) -> Callable[[int], wire.Generate]:
        self._require_lora(request.lora)
        fields = request.model_dump(include={"session", "priority", "max_tokens", "temperature", "seed", "lora"})
        turns, schema = _turns(request.messages), _schema(request)
        return lambda number: wire.Generate(id=number, messages=turns, json_schema=schema, **fields)

    def _require_lora(self, name: str | None) -> None:
        if name is not None and name not in self._settings.loras:
            there = ", ".join(self._settings.loras) or "none"
            raise LLMError(f"{self._name} has no LoRA adapter {name!r}; there is: {there}; set `loras`")


def _turns(messages: Sequence[Message]) -> list[wire.Turn]:
    return [wire.Turn(role=message.role, content=message.content) for message in messages]


def _schema(request: LLMRequest) -> dict[str, JsonValue] | None:
    schema = request.json_schema
    if schema is None and request.allowed_sources is not None:
        raise LLMError("source ids are bound where a JSON schema has them; give the request a `json_schema`, too")
    if schema is None:
        return None
    locked = schema if request.allowed_sources is None else lock_sources(schema, request.allowed_sources)
    return bound_lengths(locked, characters=_LONGEST_STRING, items=_MOST_ITEMS)


def _usage(finished: wire.Finished, seconds: float) -> Usage:
    return Usage(
        prompt_tokens=finished.prompt_tokens,
        cached_prompt_tokens=finished.cached_prompt_tokens,
        completion_tokens=finished.completion_tokens,
        seconds=seconds,
    )


def _expected(answer: BaseModel, wanted: type[A]) -> A:
    if not isinstance(answer, wanted):
        raise LLMError(f"llama.cpp's process answered by {type(answer).__name__} instead of {wanted.__name__}")
    return answer


def _require_libraries() -> None:
    missing = [package for module, package in _LIBRARIES.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise ConfigurationError(
            f"the language model llama_cpp needs {', '.join(missing)}: `pip install 'rookery[llama]'`; the README says "
            "under “Local models” what that takes"
        )
