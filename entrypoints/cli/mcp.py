"""`rookery mcp serve`: the colony as a server of the Model Context Protocol."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Downloads, err

if TYPE_CHECKING:
    from rookery.entrypoints.container import Container


def serve(
    *,
    http: Annotated[bool, typer.Option("--http", help="Over HTTP, not standard input and output.")] = False,
    host: Annotated[str | None, typer.Option(help="The address to listen on; default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; default: 8400. 0 takes a free one.")] = None,
) -> None:
    """Serve research, memory and sources as tools. A program that speaks MCP starts this itself."""
    import asyncio
    import contextlib
    import logging
    from pathlib import Path

    from rookery.entrypoints.container import Container, show_downloads
    from rookery.entrypoints.settings import load_settings

    require_library()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    settings = load_settings()
    flags = {key: value for key, value in {"host": host, "port": port}.items() if value is not None}
    settings = settings.model_copy(update={"server": settings.server.model_copy(update=flags)})
    container = Container(settings=settings)
    show_downloads(container, Downloads())
    container.roots.override(settings.server.source_roots or [Path.cwd()])
    container.orchestrator()  # what is wrong with its settings is said now
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve_http(container) if http else _serve_stdio(container))


async def _serve_stdio(container: "Container") -> None:
    from rookery.entrypoints.mcp.stdio import serve_stdio

    await serve_stdio(container)


async def _serve_http(container: "Container") -> None:
    import uvicorn

    from rookery.entrypoints.cli.serve import first_token, listen
    from rookery.entrypoints.mcp.http import PATH, create_app

    server = container.settings().server
    config = uvicorn.Config(
        create_app(container), host=server.host, port=server.port, log_level="warning", timeout_graceful_shutdown=2
    )
    listener = listen(config)
    err().print(
        f"Rookery speaks MCP at http://{server.host}:{listener.getsockname()[1]}{PATH}. Ctrl-C ends it.", soft_wrap=True
    )
    secret = await first_token(container)
    if secret is not None:
        err().print("This is your first token. It is shown this once:", soft_wrap=True)
        err().print(secret, markup=False, soft_wrap=True)
    await uvicorn.Server(config).serve(sockets=[listener])


def require_library() -> None:
    """Say what to install where the library that speaks MCP is missing."""
    from importlib.util import find_spec

    from rookery.domain.errors import ConfigurationError

    if find_spec("mcp") is None:
        raise ConfigurationError("MCP needs a library that is not installed: pip install 'rookery[mcp]'")
