"""Answering a chat by a run: waiting for it, streaming it, and ending it when nobody waits any more."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from starlette.types import Receive

from rookery.domain.errors import Conflict, LLMError, Overloaded, RookeryError
from rookery.domain.events import RunEvent, RunPaused, ends_run
from rookery.domain.results import TaskResult
from rookery.domain.runs import Run, StopRequest
from rookery.entrypoints.api import openai_errors
from rookery.entrypoints.api.chat_answers import Chunks, as_data
from rookery.entrypoints.api.streams import SseResponse, Streams, gone
from rookery.entrypoints.container import Container
from rookery.entrypoints.errors import outcome_of

_DONE = b"data: [DONE]\n\n"
_BACK_SECONDS = 5  # after which a server that ended may have been started again


class Asked:
    """A run that somebody waits for."""

    def __init__(self, run: Run, container: Container) -> None:
        self.run = run
        self._container = container

    async def events(self) -> AsyncIterator[RunEvent]:
        """Yield what happens until the run ends or is parked."""
        async for event in self._container.run_store().follow(self.run.id):
            yield event
            if ends_run(event) or isinstance(event, RunPaused):
                return

    async def outcome(self) -> tuple[Run, TaskResult]:
        """Return the run as it ended, with its result.

        Raises:
            LLMError: it failed.
            Conflict: a person stopped it.
            Overloaded: the server ended.
        """
        run = await self._container.run_store().get(self.run.id)
        if run.result is not None:
            return run, run.result
        where = f"`GET /v1/runs/{run.id}` tells more"
        if run.error is not None:
            raise LLMError(f"the run failed: {run.error}; {where}")
        if run.status == "interrupted":
            raise Overloaded(
                f"the server ended in the midst of the run; it can be resumed, {where}", seconds=_BACK_SECONDS
            )
        raise Conflict(f"the run is {run.status}; {where}")

    async def finished(self) -> tuple[Run, TaskResult]:
        """Wait for the outcome. Raises what `outcome` raises."""
        async for _ in self.events():
            pass
        return await self.outcome()

    async def cancel(self) -> None:
        """End the run, where it is not over."""
        with contextlib.suppress(Conflict):
            await self._container.stop_run()(self.run.id, StopRequest.CANCEL)


async def waited_for(asked: Asked, receive: Receive) -> tuple[Run, TaskResult] | None:
    """Return the outcome of a run; None when the client went away before, which ends the run.

    Raises what `Asked.outcome` raises.
    """
    left, done = asyncio.ensure_future(gone(receive)), asyncio.ensure_future(asked.finished())
    try:
        await asyncio.wait((left, done), return_when=asyncio.FIRST_COMPLETED)
        if done.done():
            return done.result()
        await asked.cancel()
        return None
    finally:
        left.cancel()
        done.cancel()


class ChatStream(SseResponse):
    """An answer in chunks: how the work goes on, then paragraph by paragraph what came of it."""

    def __init__(self, asked: Asked, chunks: Chunks, streams: Streams) -> None:
        super().__init__(streams)
        self._asked = asked
        self._chunks = chunks
        self._pieces = self._written()

    def pieces(self) -> AsyncIterator[bytes]:
        """Yield the chunks."""
        return self._pieces

    async def farewell(self) -> AsyncIterator[bytes]:
        """Yield why there is no answer: runs are parked before streams are told that the server ends."""
        async for piece in self._answer():
            yield piece

    async def left(self) -> None:
        """End the run."""
        await self._asked.cancel()

    async def _written(self) -> AsyncIterator[bytes]:
        yield as_data(self._chunks.first())
        async for event in self._asked.events():
            chunk = self._chunks.progress(event)
            if chunk is not None:
                yield as_data(chunk)
        async for piece in self._answer():
            yield piece

    async def _answer(self) -> AsyncIterator[bytes]:
        try:
            for chunk in self._chunks.answer(*await self._asked.outcome()):
                yield as_data(chunk)
        except RookeryError as error:
            told = outcome_of(error)
            body = {"error": openai_errors.error(told.http_status, told.slug, str(error)).model_dump()}
            yield f"data: {json.dumps(body)}\n\n".encode()
        yield _DONE
