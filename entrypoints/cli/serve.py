"""`rookery serve`: the API and the dashboard."""

import socket
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Downloads, err, out

if TYPE_CHECKING:
    import uvicorn

    from rookery.entrypoints.container import Container

FIRST_TOKEN = "first token"  # noqa: S105 - a name
_PATIENCE_SECONDS = 2  # that open streams have when the server ends; their runs can be followed again


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="The address to listen on; default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; default: 8400. 0 takes a free one.")] = None,
) -> None:
    """Serve the API and the dashboard."""
    import asyncio
    import contextlib
    from pathlib import Path

    from rookery.entrypoints.container import Container, show_downloads
    from rookery.entrypoints.settings import load_settings

    settings = load_settings()
    flags = {key: value for key, value in {"host": host, "port": port}.items() if value is not None}
    settings = settings.model_copy(update={"server": settings.server.model_copy(update=flags)})
    container = Container(settings=settings)
    show_downloads(container, Downloads())
    container.roots.override(settings.server.source_roots or [Path.cwd()])
    container.orchestrator()  # what is wrong with its settings is said now
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(container))


async def _serve(container: "Container") -> None:
    import uvicorn

    from rookery.entrypoints.api.app import create_app, end
    from rookery.entrypoints.logs import write_logs

    server = container.settings().server
    write_logs(container.settings().logs)
    app = create_app(container)
    config = uvicorn.Config(
        app,
        host=server.host,
        port=server.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_PATIENCE_SECONDS,
    )
    listener = listen(config)
    await _greet(container, f"http://{server.host}:{listener.getsockname()[1]}")

    class Server(uvicorn.Server):
        """Tells those who follow runs before it takes their connections away."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await end(app)
            await super().shutdown(sockets)

    await Server(config).serve(sockets=[listener])


def listen(config: "uvicorn.Config") -> socket.socket:
    """Return a socket at which requests wait until they are served.

    Connections inherit that they send at once. Otherwise the body of a reply, which is sent after its head, would wait
    40 ms for the client to acknowledge that: asyncio sees to it only for sockets that it has made itself.
    """
    listener = config.bind_socket()
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.listen()
    return listener


async def _greet(container: "Container", url: str) -> None:
    """Say where the dashboard is. Where there is no token yet, one is made and shown, this once."""
    err().print(f"Rookery listens (docs: {url}/docs). Ctrl-C ends it.", soft_wrap=True)
    secret = await first_token(container)
    if secret is None:
        err().print("Open the dashboard with a token of yours; `rookery tokens create` makes another:", soft_wrap=True)
        out().print(url, markup=False, soft_wrap=True)
        return
    err().print(
        "This is your first token. It is shown this once; the link opens the dashboard with it:", soft_wrap=True
    )
    out().print(f"{url}/#token={secret}", markup=False, soft_wrap=True)


async def first_token(container: "Container") -> str | None:
    """Make a token where there is none that is valid, and return its secret; else None."""
    from rookery.domain.access import Scope

    if any(token.revoked_at is None for token in await container.token_store().all()):
        return None
    secret, _ = await container.create_token()(FIRST_TOKEN, [Scope.ADMIN])
    return secret
