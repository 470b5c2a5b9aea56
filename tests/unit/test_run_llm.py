"""What a run keeps of the calls of its models."""

from collections.abc import AsyncIterator, Sequence

import pytest

from rookery.application.run_llm import RunLLM
from rookery.domain.calls import ModelCall
from rookery.domain.errors import BrokenReply, LLMError
from rookery.domain.inference import Capabilities, LLMReply, LLMRequest, Message
from rookery.domain.ports.llm import LLMPort
from rookery.domain.results import Usage

pytestmark = pytest.mark.anyio
KEY = "AKIA" + "Q3EGZ7XKJ4WLDM2P"
REQUEST = LLMRequest(
    messages=[Message(role="user", content=f"Where do rooks nest? {KEY}")],
    session="writer",
    json_schema={"type": "object"},
    seed=7,
    temperature=0.5,
)


class Saying(LLMPort):
    """Says one thing, or fails."""

    def __init__(self, said: LLMReply | LLMError) -> None:
        self._said = said

    async def complete(self, request: LLMRequest) -> LLMReply:
        if isinstance(self._said, LLMError):
            raise self._said
        return self._said

    async def stream(self, request: LLMRequest) -> AsyncIterator[str]:
        for word in (await self.complete(request)).text.split(" "):
            yield word

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        return 1

    def capabilities(self) -> Capabilities:
        return Capabilities(name="saying", binds_schema=True, generative=True)

    async def release(self) -> None: ...

    async def close(self) -> None: ...


class Colony:
    def __init__(self, said: LLMReply | LLMError) -> None:
        self.calls: list[ModelCall] = []
        self.notices: list[str] = []

        async def on_call(call: ModelCall) -> None:
            self.calls.append(call)

        async def on_notice(notice: str) -> None:
            self.notices.append(notice)

        self.llm = RunLLM(Saying(said), "r", on_notice, on_call)


async def test_a_call_is_kept_with_what_bound_it_and_without_credentials():
    said = LLMReply(text=f"In elms, and the key is {KEY}.", usage=Usage(prompt_tokens=9), model="other", notices=["n"])
    colony = Colony(said)
    reply = await colony.llm.complete(REQUEST)
    assert KEY in reply.text
    [call] = colony.calls
    assert KEY not in call.model_dump_json()
    assert call.messages[0].content == "Where do rooks nest? [redacted:aws-key]"
    assert (call.session, call.seed, call.temperature, call.json_schema) == ("writer", 7, 0.5, {"type": "object"})
    assert (call.model, call.usage.prompt_tokens, call.notices) == ("other", 9, ["n"])
    assert colony.notices == ["n"]


@pytest.mark.parametrize(
    ("error", "reply"),
    [(LLMError("the model is gone"), None), (BrokenReply("it broke", text="half a rep", fault="no end"), "half a rep")],
)
async def test_a_call_that_failed_is_kept_with_its_error(error, reply):
    colony = Colony(error)
    with pytest.raises(LLMError):
        await colony.llm.complete(REQUEST)
    [call] = colony.calls
    assert (call.reply, call.error, call.model) == (reply, str(error), "saying")


async def test_a_streamed_reply_is_kept_whole():
    colony = Colony(LLMReply(text="they nest in elms"))
    pieces = [piece async for piece in colony.llm.stream(REQUEST)]
    assert [call.reply for call in colony.calls] == ["".join(pieces)]
