"""Any server that speaks OpenAI's chat completions: llama-server, Ollama, vLLM, LM Studio, OpenAI and other clouds."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from pydantic import JsonValue

from rookery.adapters.llms.openai_compatible.binding import Binding, Bindings
from rookery.adapters.llms.openai_compatible.discovery import Facts
from rookery.adapters.llms.openai_compatible.fitting import Fit
from rookery.adapters.llms.openai_compatible.forms import FormRefused, Forms
from rookery.adapters.llms.openai_compatible.reading import (
    answer_of,
    first,
    require_no_fault,
    require_no_known_fault,
    require_sense,
)
from rookery.adapters.llms.openai_compatible.server import Server
from rookery.adapters.llms.openai_compatible.settings import Settings
from rookery.adapters.llms.openai_compatible.streaming import Tale
from rookery.adapters.llms.openai_compatible.wire import Answer, Fields, Said, encoded, fields_of
from rookery.adapters.support.openai.refusals import Response, TryAgain, fault_of, require_success
from rookery.adapters.support.openai.retrying import Retrying
from rookery.domain.errors import BrokenReply, LLMError
from rookery.domain.inference import Capabilities, LLMReply, LLMRequest, Message
from rookery.domain.ports.llm import LLMPort
from rookery.domain.results import Usage

__all__ = ["OpenAILLM", "Settings"]

_STREAMED: Fields = {"stream": True, "stream_options": {"include_usage": True}}


class OpenAILLM(LLMPort):
    """A model behind OpenAI's chat completions.

    The server is asked for its model, context and tokenizer at the first call. Replies are checked against what binds
    them, whatever the server promises, and refused when the server cut the prompt. `count_tokens` is exact where the
    server has a tokenizer (llama-server, vLLM), and elsewhere an estimate that is rather too high; `capabilities`
    says which. A proxy that the environment names is used, except for servers on this machine.

    Args:
        settings: the server and the model.
        offline: whether only a server on this machine may be asked.
        sleep: waits for seconds.
        uniform: a random number between two, for the jitter between tries.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        offline: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._settings = settings
        self._retrying = Retrying(settings.max_retries, sleep=sleep, uniform=uniform)
        self._server = Server(settings, offline=offline, retrying=self._retrying)
        self._bindings = Bindings()
        self._forms = Forms(settings.binding)
        self._fit = Fit()

    async def complete(self, request: LLMRequest) -> LLMReply:
        """Return the whole reply. See the port.

        Raises:
            ContextOverflow: the prompt does not fit, or the server cut it.
            LLMError: the server cannot be reached or is busy (`retryable`), refuses, cuts or withholds the reply, or
                gives one that breaks what binds it.
        """
        facts = await self._server.require_room(request.messages)
        binding = self._bindings.of(request)
        answer = await self._asked(request, facts, binding)
        choice = first(answer, self._server.asker)
        said = choice.message or Said()
        usage = await self._checked(request, answer, said, choice.finish_reason)
        try:
            text = binding.checked(said.text, facts.model) if binding else said.text
        except BrokenReply as broken:
            broken.usage = usage
            raise
        return LLMReply(text=text, usage=usage, model=(answer.model or "")[:200], notices=self._forms.take_notices())

    async def stream(self, request: LLMRequest) -> AsyncGenerator[str, None]:
        """Yield the reply in pieces. What is wrong with the whole is raised after the last one. See `complete`."""
        facts = await self._server.require_room(request.messages)
        binding = self._bindings.of(request)
        failures, begun = 0, False
        while binding is None or self._forms.binds:
            try:
                async with aclosing(self._told(request, facts, binding)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
                return
            except TryAgain as failure:
                if begun:
                    raise failure.error from failure
                await self._retrying.pause(failure, failures)
                failures += 1
            except FormRefused as refused:
                self._forms.weaken(refused, facts.model)
        yield (await self.complete(request)).text

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the number of tokens: exact where the server counts, else rather too many.

        Raises:
            LLMError: the server cannot be reached.
        """
        return await self._server.count(messages)

    def capabilities(self) -> Capabilities:
        """See the port; before the first call, the context is what the settings say."""
        facts = self._server.facts
        return Capabilities(
            name=facts.model,
            context_tokens=facts.context_tokens,
            binds_schema=self._forms.binds,
            generative=True,
            counts_exactly=facts.tokenizer is not None,
        )

    async def release(self) -> None:
        """What is held is held by the server."""

    async def close(self) -> None:
        """Close the connections; the next call opens new ones and asks the server anew."""
        await self._server.close()

    async def _asked(self, request: LLMRequest, facts: Facts, binding: Binding | None) -> Answer:
        while True:
            try:
                return await self._retrying(self._once(self._body(request, facts, binding)))
            except FormRefused as refused:
                self._forms.weaken(refused, facts.model)

    def _once(self, body: bytes) -> Callable[[], Awaitable[Answer]]:
        async def attempt() -> Answer:
            response = await self._server.post(body)
            self._require_success(response)
            answer = answer_of(response)
            require_no_fault(answer, self._server.asker)
            return answer

        return attempt

    async def _told(self, request: LLMRequest, facts: Facts, binding: Binding | None) -> AsyncGenerator[str, None]:
        tale = Tale(request, self._server.asker)
        async with self._server.stream(self._body(request, facts, binding, further=_STREAMED)) as opened:
            if isinstance(opened, Response):
                self._require_success(opened)
                return
            async with aclosing(tale.pieces(opened)) as pieces:
                async for piece in pieces:
                    yield piece
        await self._checked(request, tale.cost, tale.said, tale.finish)
        text = binding.checked(tale.said.text, facts.model) if binding else ""
        if not tale.is_told:
            yield text

    async def _checked(self, request: LLMRequest, answer: Answer, said: Said, finish: str | None) -> Usage:
        """Return what the reply cost, once it is known to be whole, and the prompt too."""
        facts = await self._server.settled()
        self._fit.check(request, answer.used, facts.context_tokens, model=facts.model)
        usage = answer.used or Usage()
        require_sense(said, finish, request, self._server.asker, usage)
        return usage

    def _body(
        self, request: LLMRequest, facts: Facts, binding: Binding | None, *, further: Fields | None = None
    ) -> bytes:
        form = binding.form(self._forms.now) if binding else {}
        fields = fields_of(request, facts.model, self._settings.limit_field, form) | dict(further or {})
        if request.lora is not None:
            fields |= self._lora(request.lora)
        for name in self._settings.omit:
            fields.pop(name, None)
        told = binding.told(request.messages) if binding and not self._forms.binds else request.messages
        return encoded(fields, told)

    def _lora(self, name: str) -> dict[str, JsonValue]:
        lora = self._settings.loras.get(name)
        if lora is None:
            known = ", ".join(self._settings.loras) or "none"
            raise LLMError(f"there is no LoRA adapter {name!r} under [llms.openai.loras]; there are: {known}")
        return {"model": lora} if isinstance(lora, str) else {"lora": [{"id": lora, "scale": 1.0}]}

    def _require_success(self, response: Response) -> None:
        if response.status in (400, 413, 422, 500):
            fault = fault_of(response)
            require_no_known_fault(fault, self._server.asker)
            self._forms.require_taken(fault)
        require_success(response, self._server.asker)
