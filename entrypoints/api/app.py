"""The FastAPI application, made by a factory: nothing exists at import."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.telemetry import TelemetryConfig
from starlette.routing import Route

from rookery import __version__
from rookery.entrypoints.api import dashboard, openapi, problems
from rookery.entrypoints.api.colony import Conductor
from rookery.entrypoints.api.envelope import Envelope
from rookery.entrypoints.api.limits import RequestLimits
from rookery.entrypoints.api.meters import Meters
from rookery.entrypoints.api.rates import Buckets
from rookery.entrypoints.api.routes import (
    agents,
    approvals,
    chat,
    health,
    integrations,
    memories,
    models,
    reports,
    research,
    runs,
    slack,
    sources,
)
from rookery.entrypoints.api.security import TokenGate
from rookery.entrypoints.api.streams import Streams
from rookery.entrypoints.container import Container, close, prepare
from rookery.entrypoints.dispatching import dispatching
from rookery.entrypoints.following import following
from rookery.entrypoints.observing import Observer, Witness, tracer
from rookery.entrypoints.slack.door import opened

if TYPE_CHECKING:
    from rookery.entrypoints.mcp.http import Endpoint

_DESCRIPTION = (
    "Multi-agent research in which every claim is locked to a verbatim quote of a stored source. "
    "Errors are problem documents (RFC 9457); docs/errors.md lists their types."
)
# Where the process has a provider of OpenTelemetry, FastAPI records errors of requests with their messages, unredacted.
_SILENT: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
_ROUTES = (runs, research, reports, approvals, memories, sources, agents, integrations, chat, models, slack, health)


def create_app(container: Container) -> FastAPI:
    """Return the application. Its runs end with it, and can be resumed."""
    meters = Meters(__version__)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await prepare(container)
        traces = tracer(container.settings().traces)
        witnesses: list[Witness] = [meters, *([traces] if traces else [])]
        async with AsyncExitStack() as around:
            dispatch = await around.enter_async_context(dispatching(container))
            app.state.conductor = Conductor(container, Observer(container.run_store(), witnesses), dispatch)
            await around.enter_async_context(following(container))
            app.state.slack = await around.enter_async_context(opened(container, lambda: app.state.conductor))
            async with AsyncExitStack() as stack:
                for endpoint in endpoints:
                    await stack.enter_async_context(endpoint.running())
                yield
            await end(app)
        if traces is not None:
            await traces.close()
        await close(container)

    app = FastAPI(
        title="Rookery",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        telemetry=_SILENT,
    )
    app.state.container = container
    app.state.meters = meters
    app.state.streams = Streams()
    problems.install(app)
    openapi.install(app)
    app.router.routes.append(runs.read_run())
    for module in _ROUTES:
        app.include_router(module.router)
    endpoints = _mcp(app, container)
    dashboard.install(app)
    _guard(app, container, meters)
    return app


def _mcp(app: FastAPI, container: Container) -> "list[Endpoint]":
    """Have the application speak MCP, too, where the settings say so. It takes a second to load."""
    if not container.settings().server.mcp:
        return []
    from rookery.entrypoints.mcp.http import PATH, Endpoint

    endpoint = Endpoint(container, lambda: app.state.conductor)
    app.router.routes.append(Route(PATH, endpoint=endpoint))
    return [endpoint]


async def end(app: FastAPI) -> None:
    """Take nothing on any more, park the runs, and tell and close the streams that follow them."""
    await app.state.conductor.close()
    app.state.streams.end()


def _guard(app: FastAPI, container: Container, meters: Meters) -> None:
    """Put around the app what each request passes, the innermost first."""
    server = container.settings().server
    per_second = server.requests_per_second
    buckets = Buckets(per_second, server.request_burst, container.clock().monotonic) if per_second else None
    app.add_middleware(TokenGate, authenticate=container.authenticate, buckets=buckets)
    app.add_middleware(RequestLimits, settings=server)
    if server.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=server.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Request-ID"],
            expose_headers=["RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"],
        )
    app.add_middleware(Envelope, meters=meters)
    _show(app, meters)


def _show(app: FastAPI, meters: Meters) -> None:
    """Have the figures tell how busy the server is."""
    meters.watch("rookery_runs_active", "Runs that are at work here.", lambda: app.state.conductor.at_work)
    meters.watch("rookery_runs_waiting", "Runs that wait for their turn.", lambda: app.state.conductor.waiting)
    meters.watch("rookery_event_streams", "Streams of events that are open.", lambda: len(app.state.streams))
