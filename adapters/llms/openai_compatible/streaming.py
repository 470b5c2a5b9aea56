"""Putting a stream of events together."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from pydantic import JsonValue, ValidationError

from rookery.adapters.llms.openai_compatible.binding import begins_bare
from rookery.adapters.llms.openai_compatible.reading import require_no_fault
from rookery.adapters.llms.openai_compatible.wire import Answer, Said
from rookery.adapters.support.openai.events import Events, EventTooLong
from rookery.adapters.support.openai.refusals import Asker, TryAgain
from rookery.domain.errors import LLMError
from rookery.domain.inference import LLMRequest

_DONE = b"[DONE]"
_SPARE = 65_536  # characters
_CHARACTERS_A_TOKEN = 256  # no vocabulary has a longer token


class Tale:
    """What a stream has told so far.

    Args:
        request: what is answered; where a schema binds the reply, a JSON value is awaited.
        asker: who asked.
    """

    def __init__(self, request: LLMRequest, asker: Asker) -> None:
        self._asker = asker
        self._room = _SPARE + _CHARACTERS_A_TOKEN * request.max_tokens
        self._pieces: list[str] = []
        self._refusal = ""
        self._calls_tools = False
        self._usage = Answer()
        self.finish: str | None = None
        self.is_over = False
        self._is_bare = None if request.json_schema is not None else True

    @property
    def said(self) -> Said:
        """The whole message."""
        calls: list[JsonValue] | None = [None] if self._calls_tools else None
        return Said(content="".join(self._pieces), refusal=self._refusal or None, tool_calls=calls)

    @property
    def cost(self) -> Answer:
        """The event that carried the usage."""
        return self._usage

    @property
    def is_told(self) -> bool:
        """Whether the pieces were handed on: they are not when something else stands before the JSON value."""
        return self._is_bare is True

    async def pieces(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
        """Yield the pieces of text until the stream says that it is over.

        Raises:
            TryAgain: the stream ends before that, or tells of an error that may pass.
            LLMError: it tells of another error, cannot be read or never ends.
        """
        async with aclosing(self._events(chunks)) as events:
            async for data in events:
                if piece := self._passing(self._take(data)):
                    yield piece
                if self.is_over:
                    return
        if self.finish is None:
            said = f"the stream of {self._asker.model} broke off before its end; the half reply is of no use"
            raise TryAgain(LLMError(said, retryable=True))

    async def _events(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        events = Events()
        try:
            async for chunk in chunks:
                for data in events.feed(chunk):
                    yield data
        except EventTooLong as error:
            raise LLMError(f"{self._asker.model} sent an event that is too long") from error
        for data in events.end():
            yield data

    def _passing(self, piece: str) -> str:
        if self._is_bare is None:
            piece = "".join(self._pieces)
            self._is_bare = begins_bare(piece)
        return piece if self._is_bare else ""

    def _take(self, data: bytes) -> str:
        if data.strip() == _DONE:
            self.is_over = True
            return ""
        try:
            event = Answer.model_validate_json(data)
        except ValidationError as error:
            raise LLMError(f"{self._asker.model} sent an event that cannot be read") from error
        require_no_fault(event, self._asker)
        if event.usage:
            self._usage = event
        return self._added(event)

    def _added(self, event: Answer) -> str:
        if not event.choices:
            return ""
        choice = event.choices[0]
        self.finish = choice.finish_reason or self.finish
        said = choice.delta or Said()
        self._refusal += said.refusal or ""
        self._calls_tools = self._calls_tools or bool(said.tool_calls)
        piece = said.text
        self._room -= len(piece)
        if self._room < 0:
            raise LLMError(f"{self._asker.model} writes on and on beyond max_tokens; the server does not keep to it")
        if piece:
            self._pieces.append(piece)
        return piece
