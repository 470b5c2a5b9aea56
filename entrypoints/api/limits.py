"""What a request may be: how large, and of which types."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rookery.entrypoints.api import problems
from rookery.entrypoints.api.problems import Fault, refusal
from rookery.entrypoints.settings import ServerSettings

_KB = 1000
_URI_BYTES = 8000
_API = ("/v1", "/integrations", "/metrics")
_WITH_BODY = {"POST", "PUT", "PATCH"}
_ANY_BODY = ("/v1/memories/import", "/integrations/")
_ANSWERS = {b"application/json", b"application/problem+json", b"text/event-stream", b"text/plain"}


class _TooLarge(Exception):
    """The body goes on beyond the limit."""


class _Body:
    """Counts what comes. Once that is too much, whatever reads it is stopped, and what it answers is not sent."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive = receive
        self._send = send
        self._left = limit
        self.exceeded = False
        self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.exceeded = True
            raise _TooLarge
        return message

    async def send(self, message: Message) -> None:
        if not self.exceeded:
            self.answered = True
            await self._send(message)


class RequestLimits:
    """ASGI middleware that refuses what is too large, or of a type that nothing here reads or writes."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._body = int(settings.max_body_mb * _KB * _KB)
        self._headers = int(settings.max_header_kb * _KB)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refusal(scope)
        if refused is None:
            refused = await self._served(scope, receive, send)
        if refused is not None:
            fault, detail = refused
            await refusal(fault, detail, path=scope["path"])(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[Fault, str] | None:
        headers = scope["headers"]
        if len(scope["raw_path"]) + len(scope["query_string"]) > _URI_BYTES:
            return problems.URI, f"an address may have {_URI_BYTES} bytes"
        if sum(len(name) + len(value) for name, value in headers) > self._headers:
            return problems.HEADERS, f"all headers together may have {self._headers} bytes"
        given = dict(headers)
        length = given.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._body:
            return problems.TOO_LARGE, self._too_large()
        if not scope["path"].startswith(_API):
            return None
        if not _accepts(given.get(b"accept", b"*/*")):
            return problems.NOT_ACCEPTABLE, "accept application/json; events come as text/event-stream"
        if scope["method"] in _WITH_BODY and not _is_read(scope["path"], given):
            return problems.MEDIA, "send JSON, with `Content-Type: application/json`"
        return None

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> tuple[Fault, str] | None:
        """Serve a request; return why it is refused when more comes than its head said."""
        if scope["method"] not in _WITH_BODY:
            await self._app(scope, receive, send)
            return None
        body = _Body(receive, send, self._body)
        try:
            await self._app(scope, body.receive, body.send)
        except _TooLarge:
            if body.answered:
                raise
        return (problems.TOO_LARGE, self._too_large()) if body.exceeded and not body.answered else None

    def _too_large(self) -> str:
        return f"a request may have {self._body} bytes; `server.max_body_mb` sets it"


def _accepts(accept: bytes) -> bool:
    wanted = {part.partition(b";")[0].strip().lower() for part in accept.split(b",")}
    return any(one in _ANSWERS or one in (b"*/*", b"application/*", b"text/*") for one in wanted)


def _is_read(path: str, headers: dict[bytes, bytes]) -> bool:
    has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    return not has_body or path.startswith(_ANY_BODY) or kind == b"application/json" or kind.endswith(b"+json")
