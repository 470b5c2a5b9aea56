"""The FastAPI application, made by a factory: nothing exists at import."""

from typing import Any

from fastapi import FastAPI

from rookery import __version__
from rookery.entrypoints.api import dashboard, openapi, problems
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
from rookery.entrypoints.api.security import Authenticate, TokenGate

_ROUTES = (research, runs, approvals, memories, sources, agents, integrations, chat, slack, health)
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": text}
    for code, text in {
        401: "No valid token",
        403: "The token lacks a scope",
        422: "The request cannot be done",
        501: "Not in this version",
    }.items()
}


def create_app(authenticate: Authenticate) -> FastAPI:
    """Return the application; `authenticate` turns a presented token into a stored one, or None."""
    app = FastAPI(
        title="Rookery",
        version=__version__,
        description="Multi-agent research in which every claim is locked to a verbatim quote.",
        responses=_PROBLEMS,
        redoc_url=None,
    )
    problems.install(app)
    openapi.install(app)
    for module in _ROUTES:
        app.include_router(module.router)
    dashboard.install(app)
    app.add_middleware(TokenGate, authenticate=lambda: authenticate)
    return app
