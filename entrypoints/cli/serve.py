"""rookery serve: the API and the dashboard."""

import argparse
import asyncio
import secrets
import sys


def serve() -> None:
    """Serve dummy data on a loopback port, behind a token that is printed once."""
    parser = argparse.ArgumentParser(prog="rookery")
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("--port", type=int, default=8400)
    asyncio.run(_serve(parser.parse_args().port))


async def _serve(port: int) -> None:
    import uvicorn

    from rookery.adapters.clocks.system import SystemClock
    from rookery.adapters.token_stores.in_memory import InMemoryTokenStore
    from rookery.application.access import Authenticate, CreateToken
    from rookery.domain.access import Scope
    from rookery.entrypoints.api.app import create_app

    tokens = InMemoryTokenStore()
    create_token = CreateToken(tokens, SystemClock(), lambda: secrets.token_urlsafe(32))
    secret, _ = await create_token("first token", [Scope.ADMIN])
    config = uvicorn.Config(create_app(Authenticate(tokens)), host="127.0.0.1", port=port, log_level="warning")
    socket = config.bind_socket()
    socket.listen()
    sys.stdout.write(f"http://127.0.0.1:{socket.getsockname()[1]}/#token={secret}\n")
    sys.stdout.flush()
    await uvicorn.Server(config).serve(sockets=[socket])
