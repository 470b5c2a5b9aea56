"""The language model as one run uses it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from rookery.domain.inference import Capabilities, LLMReply, LLMRequest, Message
from rookery.domain.ports.llm import LLMPort


class RunLLM(LLMPort):
    """Keeps the sessions of a run apart from those of others, and tells what degrades in the moment in which it does.

    Args:
        llm: the model; others use it at the same time.
        run_id: whose sessions these are.
        on_notice: is told each notice of a reply.
    """

    def __init__(self, llm: LLMPort, run_id: str, on_notice: Callable[[str], Awaitable[None]]) -> None:
        self._llm = llm
        self._run_id = run_id
        self._on_notice = on_notice

    async def complete(self, request: LLMRequest) -> LLMReply:
        reply = await self._llm.complete(self._own(request))
        for notice in reply.notices:
            await self._on_notice(notice)
        return reply

    async def stream(self, request: LLMRequest) -> AsyncIterator[str]:
        async for piece in self._llm.stream(self._own(request)):
            yield piece

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        return await self._llm.count_tokens(messages)

    def capabilities(self) -> Capabilities:
        return self._llm.capabilities()

    async def release(self) -> None:
        """Leave the model to the others."""

    async def close(self) -> None:
        """Leave the model to the others."""

    def _own(self, request: LLMRequest) -> LLMRequest:
        if request.session is None:
            return request
        return request.model_copy(update={"session": f"{self._run_id}/{request.session}"})
