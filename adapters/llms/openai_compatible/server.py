"""The server: what it says of itself, and asking it."""

from collections.abc import AsyncIterator, Awaitable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from rookery.adapters.llms.openai_compatible.counting import counted
from rookery.adapters.llms.openai_compatible.discovery import Discovery, Facts
from rookery.adapters.llms.openai_compatible.fitting import PromptCut, at_least, estimate
from rookery.adapters.llms.openai_compatible.settings import Settings
from rookery.adapters.support.openai.connection import Connection
from rookery.adapters.support.openai.refusals import Asker, Response, TryAgain, require_success
from rookery.adapters.support.openai.retrying import Retrying
from rookery.domain.errors import ContextOverflow, LLMError
from rookery.domain.inference import Message

_NO_KEY = (401, 403)
_BUSY = (408, 429, 502, 503, 504)


class Server:
    """One server with one model.

    Args:
        settings: the server and the model.
        offline: whether only a server on this machine may be asked.
        retrying: tries again what may pass.
    """

    def __init__(self, settings: Settings, *, offline: bool, retrying: Retrying) -> None:
        self._settings = settings
        self._offline = offline
        self._retrying = retrying
        self._url = f"{settings.base_url}/chat/completions"
        self._connection = Connection(settings, settings.timeout_seconds, error=LLMError)
        self._discovery = Discovery(settings, self._ask, self._probe)
        self._learnt: Facts | None = None
        self.asker = Asker(
            error=LLMError,
            section="llms.openai",
            model=settings.model or "the server's model",
            secret=settings.secret,
            too_much=("refused the request", "what the server does not take can be named in `omit`"),
        )

    @property
    def facts(self) -> Facts:
        """What is known now."""
        return self._learnt or Facts(self._settings.model or "openai", self._settings.context_tokens)

    async def known(self) -> Facts:
        """Return what the server says of itself; it is asked once.

        Raises:
            LLMError: it cannot be reached, or it is not on this machine and Rookery is offline.
        """
        if self._offline and not self._settings.is_here:
            raise LLMError(
                f"Rookery is offline, and {self._url} is not on this machine; go online, or take a model that runs here"
            )
        return self._learnt or self._learn(await self._discovery.facts())

    async def settled(self) -> Facts:
        """Return what the server says of itself once it has answered, so that the model is loaded."""
        facts = await self.known()
        return facts if facts.settled else self._learn(await self._discovery.settle(facts))

    async def count(self, messages: Sequence[Message]) -> int:
        """Return the tokens of a prompt: exact where the server has a tokenizer, else an estimate."""
        facts = await self.known()
        if facts.tokenizer is None:
            return estimate(messages)
        return await counted(messages, facts, self._settings.base_url.removesuffix("/v1"), self._post)

    async def require_room(self, messages: Sequence[Message]) -> Facts:
        """Return what is known, unless the prompt is too long; it is counted only where it comes near.

        Raises:
            ContextOverflow: it is.
        """
        facts = await self.known()
        context = facts.context_tokens
        if context is None or estimate(messages) <= context:
            return facts
        if facts.tokenizer is not None:
            count = await self.count(messages)
            if count > context:
                raise ContextOverflow(prompt_tokens=count, context_tokens=context)
        elif (fewest := at_least(messages)) > context:
            raise PromptCut(
                f"the prompt has at least {fewest} tokens and the context of {facts.model} holds {context}",
                prompt_tokens=fewest,
                context_tokens=context,
            )
        return facts

    async def post(self, body: bytes) -> Response:
        """Return what the server answers to a chat. Raises what `Connection.post` raises."""
        return await self._connection.post(self._url, body)

    def stream(self, body: bytes) -> AbstractAsyncContextManager[Response | AsyncIterator[bytes]]:
        """Give the answer as it comes. Raises what `Connection.stream` raises."""
        return self._connection.stream(self._url, body)

    async def close(self) -> None:
        """Close the connections; the next call asks the server anew."""
        self._learnt = None
        await self._connection.close()

    def _learn(self, facts: Facts) -> Facts:
        self._learnt = facts
        self.asker = replace(self.asker, model=facts.model)
        return facts

    async def _ask(self, url: str) -> Response:
        """A key may be good for chats and not for the list of models, which is needed where no model is named."""
        told = _BUSY if self._settings.model else (*_BUSY, *_NO_KEY)
        return await self._retrying(lambda: self._required(self._connection.get(url), told))

    async def _post(self, url: str, body: bytes) -> Response:
        return await self._retrying(lambda: self._required(self._connection.post(url, body), (*_BUSY, *_NO_KEY)))

    async def _required(self, sending: Awaitable[Response], told: Collection[int]) -> Response:
        response = await sending
        if response.status in told:
            require_success(response, self.asker)
        return response

    async def _probe(self, url: str, body: bytes | None) -> Response | None:
        try:
            return await (self._connection.get(url) if body is None else self._connection.post(url, body))
        except TryAgain:
            return None
