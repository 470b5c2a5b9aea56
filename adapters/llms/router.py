"""Several models in order of preference: the first that is well answers, and it is said which."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import NamedTuple, TypeVar

from rookery.adapters.llms.health import Health, ModelState
from rookery.domain.errors import ConfigurationError, ContextOverflow, InvalidRequest, LLMError
from rookery.domain.inference import Capabilities, LLMReply, LLMRequest, Message
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.llm import LLMPort

__all__ = ["ModelState", "Option", "Router"]

R = TypeVar("R")


class Option(NamedTuple):
    """A model by its name in the settings, and what makes it when it is first needed."""

    name: str
    make: Callable[[], LLMPort]


class Router(LLMPort):
    """Asks the first model that is well.

    A model that cannot be made, or fails in a way that may pass (`LLMError.retryable`), is set aside for a while, and
    the next one answers; a single request tries it again afterwards. When all are set aside, all are tried. A prompt
    that is too long goes on to a model that has room for it. Any other error is raised as it is, for the
    request would fail elsewhere too.

    `LLMReply.model` says which model spoke. `LLMReply.notices` tells of each change once. Closing the router closes the
    models that it made.

    Args:
        options: best first; at least one.
        clock: the source of time.

    Raises:
        ConfigurationError: there is no option.
    """

    def __init__(self, options: Sequence[Option], clock: ClockPort) -> None:
        if not options:
            raise ConfigurationError("a router needs at least one model")
        self._candidates = [_Candidate(option, clock) for option in options]
        self._speaker = self._candidates[0]
        self._notices: list[str] = []

    async def complete(self, request: LLMRequest) -> LLMReply:
        """Return the reply of the first model that can give one.

        Raises:
            ContextOverflow: the prompt does not fit, and no model that has room for it is well.
            LLMError: no model answers (`retryable`), or the one that was asked raised it for the request itself.
        """

        async def ask(llm: LLMPort) -> LLMReply:
            reply = await llm.complete(request)
            return reply.model_copy(update={"model": reply.model or llm.capabilities().name})

        reply = await self._first(request.messages, ask)
        notices, self._notices = self._notices, []
        return reply.model_copy(update={"notices": [*notices, *reply.notices]}) if notices else reply

    async def stream(self, request: LLMRequest) -> AsyncGenerator[str, None]:
        """Yield the reply of the first model that begins one; after its first piece no other stands in.

        Raises what `complete` raises. Changes are told by the next reply of `complete`.
        """
        search = _Search(request.messages)
        for candidate in self._in_order():
            if not await search.goes_on_to(candidate):
                continue
            begun, trial = False, candidate.health.begin()
            try:
                async with aclosing(_pieces(candidate, request)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
                self._heard(candidate, search)
                return
            except (ConfigurationError, LLMError) as error:
                search.judge(candidate, error, trial=trial)
                if begun:
                    raise
            finally:
                candidate.health.end(trial=trial)
        raise search.error()

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return what the model counts that would answer now. Raises what `complete` raises."""
        return await self._first(messages, lambda llm: llm.count_tokens(messages))

    def capabilities(self) -> Capabilities:
        """Return those of the model that would answer now.

        Raises:
            ConfigurationError: no model can be made.
        """
        problems: list[ConfigurationError] = []
        for candidate in self._in_order():
            try:
                return candidate.llm().capabilities()
            except ConfigurationError as error:
                problems.append(error)
        raise problems[0]

    def state(self) -> list[ModelState]:
        """Return how the models fare, in order of preference."""
        return [candidate.health.state() for candidate in self._candidates]

    async def release(self) -> None:
        """Have the models that were made give back what they hold."""
        for candidate in self._candidates:
            await candidate.release()

    async def close(self) -> None:
        """Close the models that were made; the next call has them open again."""
        for candidate in self._candidates:
            await candidate.close()

    async def _first(self, messages: Sequence[Message], ask: Callable[[LLMPort], Awaitable[R]]) -> R:
        search = _Search(messages)
        for candidate in self._in_order():
            if not await search.goes_on_to(candidate):
                continue
            trial = candidate.health.begin()
            try:
                result = await ask(candidate.llm())
                self._heard(candidate, search)
                return result
            except (ConfigurationError, LLMError) as error:
                search.judge(candidate, error, trial=trial)
            finally:
                candidate.health.end(trial=trial)
        raise search.error()

    def _in_order(self) -> "list[_Candidate]":
        return [candidate for candidate in self._candidates if candidate.health.admits()] or self._candidates

    def _heard(self, candidate: "_Candidate", search: "_Search") -> None:
        """Note that a model answered, and what is to be told if it is another one than before."""
        candidate.health.succeeded()
        if search.overflow is not None:
            why = "its context is larger" if candidate.llm().capabilities().generative else "it reads no prompt"
            self._notices.append(f"{candidate.name} answers this request, for {why}: {search.overflow}")
        elif candidate is not self._speaker:
            better = self._candidates[: self._candidates.index(candidate)]
            unwell = "; ".join(f"{one.name}: {one.health.reason}" for one in better if one.health.reason)
            self._notices.append(
                f"{unwell}; {candidate.name} answers instead" if unwell else f"{candidate.name} answers"
            )
            self._speaker = candidate


class _Candidate:
    def __init__(self, option: Option, clock: ClockPort) -> None:
        self.name = option.name
        self.health = Health(option.name, clock)
        self._make = option.make
        self._made: LLMPort | None = None

    def llm(self) -> LLMPort:
        if self._made is None:
            try:
                self._made = self._make()
            except InvalidRequest as error:  # of the settings, not of the request that comes first
                raise ConfigurationError(str(error)) from error
        return self._made

    async def holds_more_than(self, overflow: ContextOverflow, messages: Sequence[Message]) -> bool:
        """Whether it is known to have room for more; one that has not been asked anything yet is made to know it."""
        try:
            llm = self.llm()
            if not llm.capabilities().generative:
                return True  # works on the job as data: there is no prompt that could be too long
            if llm.capabilities().context_tokens is None:
                await llm.count_tokens(messages)
            return (llm.capabilities().context_tokens or 0) > overflow.context_tokens
        except (ConfigurationError, LLMError):
            return False

    async def release(self) -> None:
        if self._made is not None:
            await self._made.release()

    async def close(self) -> None:
        if self._made is not None:
            await self._made.close()


class _Search:
    """What one request has met with so far."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = messages
        self._failures: list[str] = []
        self._cause: Exception | None = None
        self.overflow: ContextOverflow | None = None

    async def goes_on_to(self, candidate: _Candidate) -> bool:
        """Whether the request is of use to a model."""
        return self.overflow is None or await candidate.holds_more_than(self.overflow, self._messages)

    def judge(self, candidate: _Candidate, error: ConfigurationError | LLMError, *, trial: bool) -> None:
        """Note an error; it is raised when no other model may stand in for it."""
        if isinstance(error, ContextOverflow):
            self.overflow = error
            return
        passes = isinstance(error, ConfigurationError) or error.retryable
        if not passes and not self._failures:
            raise error
        self._failures.append(f"{candidate.name}: {error}")
        self._cause = error
        if not passes:
            raise self.error() from error
        candidate.health.failed(str(error), trial=trial)

    def error(self) -> LLMError:
        """What to raise when no model answers."""
        if self.overflow is not None:
            return self.overflow
        error = LLMError(f"no model answers ({'; '.join(self._failures)})", retryable=True)
        error.__cause__ = self._cause
        return error


async def _pieces(candidate: _Candidate, request: LLMRequest) -> AsyncGenerator[str, None]:
    stream = candidate.llm().stream(request)
    try:
        async for piece in stream:
            yield piece
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()
