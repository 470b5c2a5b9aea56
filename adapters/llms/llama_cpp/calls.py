"""A request on its way: it is sent from one event loop, and answered by a thread."""

import asyncio
from contextlib import suppress
from typing import Protocol

from rookery.adapters.llms.llama_cpp import wire
from rookery.adapters.llms.llama_cpp.failures import error_of
from rookery.domain.errors import LLMError

Answer = wire.Piece | wire.Finished | wire.Counted | wire.Checked | wire.Weighed | wire.Suspended | wire.Restored


class Answering(Protocol):
    """The worker, as a request sees it."""

    tick: float

    def watch(self) -> None:
        """See whether it gets on."""
        ...

    def forget(self, call: "Call") -> None:
        """Hear no more of a request."""
        ...


class Call:
    """A request as its event loop sees it: the worker's answers to it, one after another."""

    def __init__(self, number: int, worker: Answering) -> None:
        self.number = number
        self.done = False
        self._worker = worker
        self._loop = asyncio.get_running_loop()
        self._answers: asyncio.Queue[Answer | wire.Failed | LLMError] = asyncio.Queue()

    def hear(self, answer: Answer | wire.Failed | LLMError) -> None:
        """Take an answer, from whatever thread; nobody waits for one in a loop that is closed."""
        self.done = not isinstance(answer, wire.Piece)
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._answers.put_nowait, answer)

    def close(self) -> None:
        """Let go of it; when it runs, it is cancelled."""
        self._worker.forget(self)

    async def next(self) -> Answer:
        """Wait for the next answer; who waits also watches whether the worker gets on.

        Raises:
            LLMError: the request or the whole worker failed.
        """
        while True:
            try:
                async with asyncio.timeout(self._worker.tick):
                    answer = await self._answers.get()
            except TimeoutError:
                self._worker.watch()
                continue
            if isinstance(answer, wire.Failed):
                raise error_of(answer)
            if isinstance(answer, LLMError):
                raise answer
            return answer
