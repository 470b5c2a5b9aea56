"""Server-sent events: a run as it happens, for those who come, go, and come back."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rookery.domain.events import RunEvent
from rookery.domain.ports.run_store import RunStorePort

PING_SECONDS = 15.0
_PING = b": ping\n\n"
_ENDING = b": the server ends; come back with Last-Event-ID\nretry: 2000\n\n"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Streams:
    """The streams that are open. When the server ends, each of them is told."""

    def __init__(self) -> None:
        self._open: set[asyncio.Future[None]] = set()
        self._ending = False

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def joined(self) -> Iterator["asyncio.Future[None]"]:
        """Count a stream for as long as the block lasts; what it gets is done when the server ends."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._ending:
            told.set_result(None)
        self._open.add(told)
        try:
            yield told
        finally:
            self._open.discard(told)

    def end(self) -> None:
        """Tell all streams, and those that are opened from now on, that the server ends."""
        self._ending = True
        for told in self._open:
            if not told.done():
                told.set_result(None)


class _Write(Protocol):
    def __call__(self, body: bytes, *, more: bool = True) -> Awaitable[None]: ...


class EventStream(Response):
    """A run's events, each with its number and its type, then those to come; it ends after the last one.

    Args:
        run_store: where the events are.
        run_id: whose.
        after: the number of the last event that the client has.
        streams: the others that are open.
        follow: False: only what is stored already.
    """

    media_type = "text/event-stream"

    def __init__(
        self, run_store: RunStorePort, run_id: str, *, after: int, streams: Streams, follow: bool = True
    ) -> None:
        super().__init__(headers=_HEADERS)
        self.raw_headers = [header for header in self.raw_headers if header[0] != b"content-length"]
        self._run_store = run_store
        self._run_id = run_id
        self._seen = after
        self._streams = streams
        self._follow = follow

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's form
        """Send the stream until it ends or the client is gone."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})

        async def write(body: bytes, *, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": body, "more_body": more})

        if not self._follow:
            await self._stored(write)
            await write(b"", more=False)
            return
        with self._streams.joined() as ending:
            gone = asyncio.ensure_future(_gone(receive))
            try:
                if await self._live(write, gone, ending):
                    await write(b"", more=False)
            finally:
                gone.cancel()

    async def _live(self, write: "_Write", gone: "asyncio.Future[None]", ending: "asyncio.Future[None]") -> bool:
        """Send events as they come; return whether the client is still there."""
        events = self._run_store.follow(self._run_id, after=self._seen)
        coming: asyncio.Future[RunEvent | None] | None = None
        try:
            while True:
                coming = coming or asyncio.ensure_future(_next(events))
                await asyncio.wait((coming, gone, ending), timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    return False
                if coming.done():
                    event, coming = coming.result(), None
                    if event is None:
                        return True
                    await self._write(event, write)
                elif ending.done():
                    await self._stored(write)
                    await write(_ENDING)
                    return True
                else:
                    await write(_PING)
        finally:
            await _stopped(coming, events)

    async def _stored(self, write: "_Write") -> None:
        for event in await self._run_store.events(self._run_id, after=self._seen):
            await self._write(event, write)

    async def _write(self, event: RunEvent, write: "_Write") -> None:
        self._seen = event.seq
        await write(as_sse(event))


def as_sse(event: RunEvent) -> bytes:
    """Return an event as it stands in a stream. JSON of ours is one line."""
    return f"event: {event.type}\ndata: {event.model_dump_json()}\nid: {event.seq}\n\n".encode()


async def _next(events: AsyncIterator[RunEvent]) -> RunEvent | None:
    return await anext(events, None)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stopped(coming: "asyncio.Future[RunEvent | None] | None", events: AsyncIterator[RunEvent]) -> None:
    if coming is not None:
        coming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await coming
    if isinstance(events, AsyncGenerator):
        await events.aclose()
