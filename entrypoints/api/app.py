"""The FastAPI application, made by a factory: nothing exists at import."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.routing import Route

from rookery import __version__
from rookery.entrypoints.api import dashboard, openapi, problems
from rookery.entrypoints.api.colony import Conductor
from rookery.entrypoints.api.routes import (
    agents,
    approvals,
    chat,
    health,
    integrations,
    memories,
    research,
    runs,
    slack,
    sources,
)
from rookery.entrypoints.api.schemas import Problem
from rookery.entrypoints.api.security import TokenGate
from rookery.entrypoints.container import Container, close, prepare
from rookery.entrypoints.following import following

if TYPE_CHECKING:
    from rookery.entrypoints.mcp.http import Endpoint

_ROUTES = (research, runs, approvals, memories, sources, agents, integrations, chat, slack, health)
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": text}
    for code, text in {
        401: "No valid token",
        403: "The token lacks a scope, or the path may not be read",
        404: "Not found",
        409: "Conflict with the present state",
        422: "The request cannot be done",
        501: "Not in this version",
    }.items()
}


def create_app(container: Container) -> FastAPI:
    """Return the application. Its runs end with it, and can be resumed."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await prepare(container)
        app.state.conductor = Conductor(container)
        async with following(container):
            async with AsyncExitStack() as stack:
                for endpoint in endpoints:
                    await stack.enter_async_context(endpoint.running())
                yield
            await app.state.conductor.close()
        await close(container)

    app = FastAPI(
        title="Rookery",
        version=__version__,
        description="Multi-agent research in which every claim is locked to a verbatim quote of a stored source.",
        responses=_PROBLEMS,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.container = container
    problems.install(app)
    openapi.install(app)
    for module in _ROUTES:
        app.include_router(module.router)
    endpoints = _mcp(app, container)
    dashboard.install(app)
    app.add_middleware(TokenGate, authenticate=container.authenticate)
    return app


def _mcp(app: FastAPI, container: Container) -> "list[Endpoint]":
    """Have the application speak MCP, too, where the settings say so. It takes a second to load."""
    if not container.settings().server.mcp:
        return []
    from rookery.entrypoints.mcp.http import PATH, Endpoint

    endpoint = Endpoint(container, lambda: app.state.conductor)
    app.router.routes.append(Route(PATH, endpoint=endpoint))
    return [endpoint]
