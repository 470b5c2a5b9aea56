"""A language model that says what a test wrote down."""

from collections.abc import AsyncIterator, Iterable, Sequence

from rookery.domain.errors import LLMError
from rookery.domain.inference import Capabilities, LLMReply, LLMRequest, Message
from rookery.domain.ports.llm import LLMPort
from rookery.domain.results import Usage


class ScriptedLLM(LLMPort):
    """Gives the replies of a script in order and remembers the requests. A token is a word."""

    def __init__(self, replies: Iterable[str]) -> None:
        self._replies = iter(replies)
        self.requests: list[LLMRequest] = []

    async def complete(self, request: LLMRequest) -> LLMReply:
        self.requests.append(request)
        text = next(self._replies, None)
        if text is None:
            raise LLMError("the script has no further reply")
        usage = Usage(prompt_tokens=await self.count_tokens(request.messages), completion_tokens=len(text.split()))
        return LLMReply(text=text, usage=usage)

    async def stream(self, request: LLMRequest) -> AsyncIterator[str]:
        yield (await self.complete(request)).text

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def capabilities(self) -> Capabilities:
        return Capabilities(name="scripted", binds_schema=False, generative=True)

    async def release(self) -> None:
        """Nothing is held."""

    async def close(self) -> None:
        """Nothing is held."""
