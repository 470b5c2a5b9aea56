"""The other end of Socket Mode (https://docs.slack.dev/apis/events-api/using-socket-mode): a WebSocket server."""

import asyncio
import json
import threading
import uuid
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from aiohttp import WSMsgType, web

from rookery.testing.services.slack import SlackService

T = TypeVar("T")
_PATIENCE = 30.0  # seconds, for an answer; tests that wait longer have failed


class SlackSocket:
    """Sends envelopes to the app that is connected, and notes what it acknowledges.

    Attributes:
        tickets: of the connections that were opened; each is good once.
        acknowledged: what came back, by the id of the envelope.
        seconds: how long each acknowledgement took.
    """

    def __init__(self, slack: SlackService) -> None:
        self.tickets: set[str] = set()
        self.acknowledged: dict[str, Any] = {}
        self.seconds: dict[str, float] = {}
        self.connections = 0
        self._slack = slack
        self._loop = asyncio.new_event_loop()
        self._sockets: list[web.WebSocketResponse] = []
        self._changed = asyncio.Condition()
        self._address = ""

    def ticket(self) -> str:
        """Return an address to connect to, once."""
        ticket = uuid.uuid4().hex
        self.tickets.add(ticket)
        return f"{self._address}/link/?ticket={ticket}"

    def send(self, kind: str, payload: Mapping[str, Any], *, repeat: str | None = None) -> str:
        """Send an envelope to the app, wait until it is acknowledged, and return its id. `repeat`: that of before."""
        envelope = repeat or str(uuid.uuid4())
        return self._run(self._send(kind, dict(payload), envelope))

    def refresh(self) -> None:
        """Ask the app to open a new connection, as Slack does every few hours; return when it has."""
        self._run(self._refresh())

    def drop(self) -> None:
        """Break the connection without a word; return when the app is back."""
        self._run(self._drop())

    def wait_for_app(self) -> None:
        """Return when an app is connected."""
        self._run(self._connected(1))

    async def _connected(self, connections: int) -> None:
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: self.connections >= connections), _PATIENCE)

    async def _send(self, kind: str, payload: dict[str, Any], envelope: str) -> str:
        await self._connected(1)
        self.acknowledged.pop(envelope, None)
        began = self._loop.time()
        message = {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": True}
        await self._sockets[-1].send_str(json.dumps(message))
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: envelope in self.acknowledged), _PATIENCE)
        self.seconds[envelope] = self._loop.time() - began
        return envelope

    async def _refresh(self) -> None:
        now = self.connections
        await self._sockets[-1].send_str(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))
        await self._connected(now + 1)

    async def _drop(self) -> None:
        now, request = self.connections, self._sockets[-1]
        transport = request._req.transport if request._req is not None else None
        if transport is not None:
            transport.abort()
        await self._connected(now + 1)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("ticket") not in self.tickets:
            return web.Response(status=403)
        self.tickets.discard(request.query["ticket"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"type": "hello", "num_connections": 1, "connection_info": {}}))
        async with self._changed:
            self._sockets.append(socket)
            self.connections += 1
            self._changed.notify_all()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._hear(json.loads(message.data))
        return socket

    async def _hear(self, answer: Mapping[str, Any]) -> None:
        async with self._changed:
            self.acknowledged[answer["envelope_id"]] = answer.get("payload")
            self._changed.notify_all()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE * 2)

    async def _start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/link/", self._serve)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self._address = f"ws://{host}:{port}"
        return runner


@contextmanager
def serve_socket(slack: SlackService) -> Iterator[SlackSocket]:
    """Have a workspace open connections for Socket Mode until the block ends."""
    socket = SlackSocket(slack)
    loop = socket._loop
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runner = socket._run(socket._start())
    slack.socket_address = socket.ticket
    try:
        yield socket
    finally:
        slack.socket_address = None
        socket._run(runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
