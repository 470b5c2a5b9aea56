"""A language model by rule, for probing: it reads what it can see, at a known speed of a clock that it moves itself."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from rookery.adapters.clocks.manual import ManualClock
from rookery.domain.errors import LLMError
from rookery.domain.inference import Capabilities, LLMReply, LLMRequest, Message
from rookery.domain.ports.llm import LLMPort
from rookery.domain.results import Usage

_FACTS = {
    "Who founded the observatory?": r"founded by Oona (\w+)",
    "What is the name of the ferry?": r"the ferry (\w+)",
    "What colour is the door of the tower?": r"a (\w+) door",
    "On which day of the week do visitors come?": r"on (\w+)s\.",
    "What is the watchword of the night?": r"The watchword of the night is (\w+)",
}


class DutifulLLM(LLMPort):
    """Does what it is asked. A token is a word.

    Args:
        clock: moved by what is read (1,000 tokens a second) and written (10 a second for each of four at most).
        binds: whether a schema binds; without one, its JSON is broken.
        window: words from the end of a prompt that it sees.
        context: words that a prompt may have.
        makes_up: whether it answers what no document says.
    """

    def __init__(
        self,
        clock: ManualClock,
        *,
        binds: bool = True,
        window: int = 10**6,
        context: int = 4000,
        makes_up: bool = False,
    ) -> None:
        self._clock, self._binds, self._window, self._context, self._makes_up = clock, binds, window, context, makes_up
        self._active = 0

    async def complete(self, request: LLMRequest) -> LLMReply:
        prompt = await self.count_tokens(request.messages)
        if prompt > self._context:
            raise LLMError("the prompt is too long")
        text = self._reply(request)
        written = min(len(text.split()), request.max_tokens)
        self._active += 1
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        together = min(self._active, 4)
        self._clock.advance(timedelta(seconds=prompt / 1000 + written / (10 * together)))
        await asyncio.sleep(0)
        self._active -= 1
        return LLMReply(text=text, usage=Usage(prompt_tokens=prompt, completion_tokens=written))

    async def stream(self, request: LLMRequest) -> AsyncIterator[str]:
        yield (await self.complete(request)).text

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def capabilities(self) -> Capabilities:
        return Capabilities(name="dutiful", context_tokens=self._context, binds_schema=self._binds, generative=True)

    async def release(self) -> None:
        """Nothing is held."""

    async def close(self) -> None:
        """Nothing is held."""

    def _reply(self, request: LLMRequest) -> str:
        seen = " ".join(request.messages[-1].content.split()[-self._window :])
        if "Choose the next action" in request.messages[-1].content:
            value: object = {"action": "search", "query": "rooks"}
        elif "Answer in this form" in seen:
            value = {"goal": "order", "steps": [{"title": "begin", "minutes": 10}]}
        elif "Answer from the document alone" in seen:
            value = self._read(seen)
        else:
            return "word " * 80
        text = json.dumps(value)
        return (
            f"Certainly:\n{text}" if request.json_schema is None and self._binds else text if self._binds else text[:-1]
        )

    def _read(self, seen: str) -> dict[str, object]:
        for question, fact in _FACTS.items():
            if question in seen and (said := re.search(fact, seen)):
                return {"found": True, "answer": f"It is {said[1]}."}
        return {"found": True, "answer": "forty"} if self._makes_up else {"found": False, "answer": ""}
