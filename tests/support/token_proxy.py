"""A proxy that adds a token: the conformance suite has no way to pass one. All else it passes on as it is."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Thread

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

_OWN = {"connection", "transfer-encoding", "keep-alive"}


@contextmanager
def with_token(url: str, token: str) -> Iterator[str]:
    """Return an address on the loopback at which a server behaves as if each request had the token."""
    app = _app(url, token)
    config = uvicorn.Config(app, port=0, log_level="critical", timeout_graceful_shutdown=1)
    listener = config.bind_socket()
    server = uvicorn.Server(config)
    thread = Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        thread.join()


def _app(url: str, token: str) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=None) as app.state.http:
            yield

    async def forward(request: Request) -> StreamingResponse:
        headers = [(name, value) for name, value in request.headers.items() if name not in _OWN]
        asked = request.app.state.http.build_request(
            request.method, url, headers=[*headers, ("authorization", f"Bearer {token}")], content=await request.body()
        )
        answer = await request.app.state.http.send(asked, stream=True)
        passed_on = {name: value for name, value in answer.headers.items() if name not in _OWN}

        async def body() -> AsyncIterator[bytes]:
            try:
                async for chunk in answer.aiter_raw():
                    yield chunk
            finally:
                await answer.aclose()

        return StreamingResponse(body(), answer.status_code, passed_on)

    return Starlette(routes=[Route("/mcp", forward, methods=["GET", "POST", "DELETE", "OPTIONS"])], lifespan=lifespan)
