"""The gate: no request reaches a route under /v1 without a valid token, nor more of them than a token may make."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Security, params
from fastapi.security import HTTPBearer
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as ASGIScope

from rookery.domain.access import AccessToken, Scope
from rookery.domain.errors import AccessDenied
from rookery.entrypoints.api.problems import RATE, UNAUTHENTICATED, refusal
from rookery.entrypoints.api.rates import Buckets

Authenticate = Callable[[str], Awaitable[AccessToken | None]]
GATED = ("/v1", "/metrics", "/mcp")


class TokenGate:
    """ASGI middleware that answers 401 before anything else looks at a gated request, and 429 when there are too many.

    Args:
        app: what is behind the gate.
        authenticate: finds the token of a secret.
        buckets: how much each token may ask; None: as much as it likes.
    """

    def __init__(self, app: ASGIApp, authenticate: Callable[[], Authenticate], buckets: Buckets | None = None) -> None:
        self._app = app
        self._authenticate = authenticate
        self._buckets = buckets

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Pass the request on with its token, or refuse it."""
        if scope["type"] != "http" or not scope["path"].startswith(GATED):
            await self._app(scope, receive, send)
            return
        token = await self._token(scope)
        if token is None:
            detail = "send `Authorization: Bearer …`; `rookery tokens create` makes a token"
            answer = refusal(
                UNAUTHENTICATED, detail, path=scope["path"], headers={"WWW-Authenticate": 'Bearer realm="rookery"'}
            )
            await answer(scope, receive, send)
            return
        scope.setdefault("state", {})["token"] = token
        if self._buckets is None:
            await self._app(scope, receive, send)
        else:
            await self._measured(self._buckets, token, scope, receive, send)

    async def _measured(
        self, buckets: Buckets, token: AccessToken, scope: ASGIScope, receive: Receive, send: Send
    ) -> None:
        allowance = buckets.take(token.id)
        told = buckets.headers(allowance)
        if allowance.wait:
            detail = f"a token may make {buckets.per_second:g} requests a second in the long run; wait a moment"
            await refusal(RATE, detail, path=scope["path"], headers=told)(scope, receive, send)
            return

        async def with_allowance(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        await self._app(scope, receive, with_allowance)

    async def _token(self, scope: ASGIScope) -> AccessToken | None:
        presented = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, secret = presented.decode("latin-1").partition(" ")
        return await self._authenticate()(secret.strip()) if scheme.lower() == "bearer" else None


class _Bearer(HTTPBearer):
    """Demands a scope of the token that the gate let in; in the API's description, the bearer scheme."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(
            auto_error=False, scheme_name="HTTPBearer", description="A token made by `rookery tokens create`."
        )
        self._scope = scope

    async def __call__(self, request: Request) -> None:  # type: ignore[override]
        demand(request.state.token, self._scope)


def demand(token: AccessToken, scope: Scope) -> None:
    """Refuse a token that lacks a scope.

    Raises:
        AccessDenied: it lacks it.
    """
    if not token.permits(scope):
        raise AccessDenied(f"this token lacks the scope {scope}; make one that has it")


def needs(scope: Scope) -> params.Depends:
    """Return the dependency of a route that needs a scope."""
    dependency: params.Depends = Security(_Bearer(scope), scopes=[scope.value])
    return dependency
