"""The language model as one run uses it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import lru_cache

from rookery.domain.calls import ModelCall
from rookery.domain.errors import BrokenReply, LLMError
from rookery.domain.inference import Capabilities, LLMReply, LLMRequest, Message
from rookery.domain.ports.llm import LLMPort
from rookery.domain.redaction import redact
from rookery.domain.results import Usage

_REMEMBERED = 256  # messages of growing conversations, which need not be searched for credentials again


class RunLLM(LLMPort):
    """Keeps the sessions of a run apart from those of others, tells what degrades in the moment in which it does, and
    what was asked and replied.

    Args:
        llm: the model; others use it at the same time.
        run_id: whose sessions these are.
        on_notice: is told each notice of a reply.
        on_call: is told each call, without credentials.
    """

    def __init__(
        self,
        llm: LLMPort,
        run_id: str,
        on_notice: Callable[[str], Awaitable[None]],
        on_call: Callable[[ModelCall], Awaitable[None]],
    ) -> None:
        self._llm = llm
        self._run_id = run_id
        self._on_notice = on_notice
        self._on_call = on_call
        self._clean = lru_cache(_REMEMBERED)(_redacted)
        self._before: dict[str | None, tuple[list[Message], list[Message]]] = {}

    async def complete(self, request: LLMRequest) -> LLMReply:
        try:
            reply = await self._llm.complete(self._own(request))
        except LLMError as error:
            await self._tell(request, error.text if isinstance(error, BrokenReply) else None, error=error)
            raise
        await self._tell(request, reply.text, reply=reply)
        for notice in reply.notices:
            await self._on_notice(notice)
        return reply

    async def stream(self, request: LLMRequest) -> AsyncIterator[str]:
        pieces: list[str] = []
        try:
            async for piece in self._llm.stream(self._own(request)):
                pieces.append(piece)
                yield piece
        except LLMError as error:
            await self._tell(request, "".join(pieces) or None, error=error)
            raise
        await self._tell(request, "".join(pieces))

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

    async def _tell(
        self, request: LLMRequest, text: str | None, *, reply: LLMReply | None = None, error: LLMError | None = None
    ) -> None:
        call = ModelCall(
            messages=self._clean_messages(request),
            session=request.session,
            json_schema=request.json_schema,
            allowed_sources=request.allowed_sources,
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            seed=request.seed,
            lora=request.lora,
            model=(reply.model if reply else "") or self._llm.capabilities().name,
            reply=None if text is None else self._clean(text),
            error=None if error is None else self._clean(str(error)),
            notices=[self._clean(notice) for notice in reply.notices] if reply else [],
            usage=reply.usage if reply else Usage(),
        )
        await self._on_call(call)

    def _clean_messages(self, request: LLMRequest) -> list[Message]:
        """A conversation brings the messages again that it brought before."""
        before, cleaned = self._before.get(request.session, ([], []))
        pairs = enumerate(zip(request.messages, before, strict=False))
        shared = min(len(request.messages), len(before))
        same = next((n for n, (one, other) in pairs if one is not other and one.content != other.content), shared)
        clean = [*cleaned[:same], *(self._without_credentials(message) for message in request.messages[same:])]
        self._before[request.session] = request.messages, clean
        return clean

    def _without_credentials(self, message: Message) -> Message:
        clean = self._clean(message.content)
        return message if clean == message.content else message.model_copy(update={"content": clean})


def _redacted(text: str) -> str:
    return redact(text).text
