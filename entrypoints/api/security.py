"""The gate: no request reaches a route under /v1 without a valid token, and none without the scope it needs."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Security, params
from fastapi.security import HTTPBearer, SecurityScopes
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as ASGIScope

from rookery.domain.access import AccessToken, Scope
from rookery.domain.errors import AccessDenied
from rookery.entrypoints.api.problems import problem

Authenticate = Callable[[str], Awaitable[AccessToken | None]]
GATED = ("/v1", "/metrics", "/mcp")
_bearer = HTTPBearer(auto_error=False, description="A token made by `rookery tokens create`.")


class TokenGate:
    """ASGI middleware that answers 401 before anything else looks at a gated request."""

    def __init__(self, app: ASGIApp, authenticate: Callable[[], Authenticate]) -> None:
        self._app = app
        self._authenticate = authenticate

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Pass the request on with its token, or refuse it."""
        if scope["type"] == "http" and scope["path"].startswith(GATED):
            token = await self._token(Request(scope))
            if token is None:
                refusal = problem(
                    401,
                    "unauthenticated",
                    "A valid token is needed",
                    "send `Authorization: Bearer …`; `rookery tokens create` makes a token",
                    {"WWW-Authenticate": "Bearer"},
                )
                await refusal(scope, receive, send)
                return
            scope.setdefault("state", {})["token"] = token
        await self._app(scope, receive, send)

    async def _token(self, request: Request) -> AccessToken | None:
        scheme, _, presented = request.headers.get("authorization", "").partition(" ")
        return await self._authenticate()(presented.strip()) if scheme.lower() == "bearer" else None


async def _check_scope(request: Request, scopes: SecurityScopes, _: Annotated[object, Depends(_bearer)]) -> AccessToken:
    token: AccessToken = request.state.token
    missing = [scope for scope in scopes.scopes if not token.permits(Scope(scope))]
    if missing:
        raise AccessDenied(f"this token lacks the scope {', '.join(missing)}; make one that has it")
    return token


def needs(scope: Scope) -> params.Depends:
    """Return the dependency of a route that needs a scope."""
    dependency: params.Depends = Security(_check_scope, scopes=[scope.value])
    return dependency
