"""The server over streamable HTTP: behind the gate of tokens, and deaf to pages that rebind a name to this machine."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Receive, Scope, Send

from rookery.domain.access import AccessToken
from rookery.entrypoints.api.colony import Conductor
from rookery.entrypoints.container import Container
from rookery.entrypoints.mcp.desk import Desk
from rookery.entrypoints.mcp.server import create_server

if TYPE_CHECKING:
    from starlette.applications import Starlette

PATH = "/mcp"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_SESSIONS = 200
_IDLE_SECONDS = 1800


class Endpoint:
    """What answers at the path. A session belongs to the token that began it.

    Args:
        container: of the server.
        conductor: returns who conducts the runs.
    """

    def __init__(self, container: Container, conductor: Callable[[], Conductor]) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPASGIApp

        server = create_server(Desk(container, conductor, guarded=True))
        settings = container.settings().server
        server.streamable_http_app(
            transport_security=_security([settings.host, *settings.allowed_hosts]),
            max_sessions=_SESSIONS,
            session_idle_timeout=_IDLE_SECONDS,
        )
        self.running = server.session_manager.run
        self._app: ASGIApp = StreamableHTTPASGIApp(server.session_manager)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that the gate has let in."""
        from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
        from mcp.server.auth.provider import AccessToken as Presented

        token: AccessToken = scope["state"]["token"]
        presented = Presented(token="", client_id=token.id, scopes=[one.value for one in token.scopes])
        await self._app({**scope, "user": AuthenticatedUser(presented)}, receive, send)


def _security(hosts: list[str]) -> Any:
    from mcp.server.transport_security import TransportSecuritySettings

    names = dict.fromkeys([*_LOOPBACK, *hosts])
    return TransportSecuritySettings(
        allowed_hosts=[pattern for name in names for pattern in (name, f"{name}:*")],
        allowed_origins=[
            pattern
            for name in names
            for scheme in ("http", "https")
            for pattern in (f"{scheme}://{name}", f"{scheme}://{name}:*")
        ],
    )


def create_app(container: Container) -> "Starlette":
    """Return an application that is nothing but the server of this protocol."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    from rookery.entrypoints.api.security import TokenGate
    from rookery.entrypoints.container import close, prepare
    from rookery.entrypoints.following import following

    conductors: list[Conductor] = []
    endpoint = Endpoint(container, lambda: conductors[0])

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await prepare(container)
        conductors.append(Conductor(container))
        async with following(container):
            async with endpoint.running():
                yield
            await conductors[0].close()
        await close(container)

    app = Starlette(routes=[Route(PATH, endpoint=endpoint)], lifespan=lifespan)
    app.add_middleware(TokenGate, authenticate=container.authenticate)
    return app
