"""Server-sent events: a run as it happens, for those who come, go, and come back."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager

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


class SseResponse(Response):
    """A stream that ends by itself, when the client is gone, or when the server ends.

    While nothing comes it says `: ping`, so that both sides learn when the other one is gone.
    """

    media_type = "text/event-stream"

    def __init__(self, streams: Streams) -> None:
        super().__init__(headers=_HEADERS)
        self.raw_headers = [header for header in self.raw_headers if header[0] != b"content-length"]
        self._streams = streams

    def pieces(self) -> AsyncIterator[bytes]:
        """Yield what is to be sent."""
        raise NotImplementedError

    def farewell(self) -> AsyncIterator[bytes]:
        """Yield what is sent when the server ends."""
        return self.pieces()

    async def left(self) -> None:
        """Do what is to be done when the client is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's form
        """Send the stream."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with self._streams.joined() as ending:
            left = asyncio.ensure_future(gone(receive))
            try:
                async for piece in self._sent(left, ending):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                if left.done():
                    await self.left()
                else:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                left.cancel()

    async def _sent(self, left: "asyncio.Future[None]", ending: "asyncio.Future[None]") -> AsyncIterator[bytes]:
        pieces = self.pieces()
        coming: asyncio.Future[bytes | None] | None = None
        try:
            while not left.done():
                coming = coming or asyncio.ensure_future(_next(pieces))
                await asyncio.wait((coming, left, ending), timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if coming.done():
                    piece, coming = coming.result(), None
                    if piece is None:
                        return
                    yield piece
                elif ending.done():
                    break
                elif not left.done():
                    yield _PING
        finally:
            await _stopped(coming, pieces)
        if not left.done():
            async for piece in self.farewell():
                yield piece


class EventStream(SseResponse):
    """A run's events, each with its number and its type, then those to come; it ends after the last one.

    Args:
        run_store: where the events are.
        run_id: whose.
        after: the number of the last event that the client has.
        streams: the others that are open.
        follow: False: only what is stored already.
    """

    def __init__(
        self, run_store: RunStorePort, run_id: str, *, after: int, streams: Streams, follow: bool = True
    ) -> None:
        super().__init__(streams)
        self._run_store = run_store
        self._run_id = run_id
        self._seen = after
        self._follow = follow

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the events."""
        if not self._follow:
            async for piece in self._stored():
                yield piece
            return
        async with contextlib.aclosing(_generated(self._run_store.follow(self._run_id, after=self._seen))) as events:
            async for event in events:
                yield self._written(event)

    async def farewell(self) -> AsyncIterator[bytes]:
        """Yield what came meanwhile, and why the stream ends."""
        async for piece in self._stored():
            yield piece
        yield _ENDING

    async def _stored(self) -> AsyncIterator[bytes]:
        for event in await self._run_store.events(self._run_id, after=self._seen):
            yield self._written(event)

    def _written(self, event: RunEvent) -> bytes:
        self._seen = event.seq
        return as_sse(event)


def as_sse(event: RunEvent) -> bytes:
    """Return an event as it stands in a stream. JSON of ours is one line."""
    return f"event: {event.type}\ndata: {event.model_dump_json()}\nid: {event.seq}\n\n".encode()


async def gone(receive: Receive) -> None:
    """Return when the client is gone. What it sends is not read."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    return await anext(pieces, None)


async def _stopped(coming: "asyncio.Future[bytes | None] | None", pieces: AsyncIterator[bytes]) -> None:
    if coming is not None:
        coming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await coming
    if isinstance(pieces, AsyncGenerator):
        await pieces.aclose()


async def _generated(events: AsyncIterator[RunEvent]) -> AsyncGenerator[RunEvent]:
    async for event in events:
        yield event
