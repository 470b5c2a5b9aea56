"""What every answer has: an id, headers that guard it, a line in the log, and a place in the figures."""

import logging
import re
import secrets
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rookery.entrypoints.api.meters import Meters
from rookery.entrypoints.api.problems import INTERNAL, refusal
from rookery.entrypoints.logs import REQUEST_ID

_log = logging.getLogger("rookery.requests")
_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_GUARDS = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cache-control", b"no-store"),
]


_GUARDED = frozenset(name for name, _ in _GUARDS)


class Envelope:
    """ASGI middleware around all the others. Errors that nobody foresaw become problems here."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and complete its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        wrapped = _Answer(send, request_id)
        token = REQUEST_ID.set(request_id.decode())
        began = perf_counter()
        try:
            await self._app(scope, receive, wrapped.send)
        except Exception as error:
            _log.exception("unexpected error at %s %s", scope["method"], scope["path"])
            if wrapped.status:
                raise
            detail = f"{type(error).__name__}; see the server's log, request {request_id.decode()}"
            await refusal(INTERNAL, detail, path=scope["path"])(scope, receive, wrapped.send)
        finally:
            self._account(scope, wrapped.status, perf_counter() - began)
            REQUEST_ID.reset(token)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        template = getattr(route, "path", "") if route is not None else ""
        self._meters.request(scope["method"], template, status, seconds)
        if _log.isEnabledFor(logging.INFO):
            access = scope.get("state", {}).get("token")
            told = {"method": scope["method"], "path": scope["path"], "status": status, "seconds": round(seconds, 6)}
            more = {"token_id": access.id} if access else {}
            _log.info("%s %s %s", scope["method"], scope["path"], status, extra=told | more)


class _Answer:
    """Completes the head of an answer. Where a route has set a header itself, that holds."""

    def __init__(self, send: Send, request_id: bytes) -> None:
        self._send = send
        self._request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message.get("headers", ())
            present = {name for name, _ in headers}
            guards = _GUARDS if present.isdisjoint(_GUARDED) else [one for one in _GUARDS if one[0] not in present]
            message["headers"] = [*headers, *guards, (b"x-request-id", self._request_id)]
        await self._send(message)


def _request_id(scope: Scope) -> bytes:
    """Return the id that the client gave, where it is one that can be written anywhere; else a new one."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given if _ID.fullmatch(given) else secrets.token_hex(16).encode()
