"""The server over standard input and output, for a program that starts it."""

import asyncio
import os
import signal

from rookery.entrypoints.api.colony import Conductor
from rookery.entrypoints.container import Container, close, prepare
from rookery.entrypoints.following import following
from rookery.entrypoints.mcp.desk import Desk
from rookery.entrypoints.mcp.server import create_server

_TERMINATED = 128 + signal.SIGTERM


async def serve_stdio(container: Container) -> None:
    """Serve until standard input ends. Runs that are not finished then are parked, and can be resumed."""
    await prepare(container)
    conductor = Conductor(container)
    server = create_server(Desk(container, lambda: conductor, guarded=False))

    async def park() -> None:
        await conductor.close()
        await close(container)

    async def end() -> None:
        await park()
        os._exit(_TERMINATED)  # a thread waits for standard input, which nothing interrupts

    loop = asyncio.get_running_loop()
    ending: list[asyncio.Task[None]] = []
    loop.add_signal_handler(signal.SIGTERM, lambda: ending.append(asyncio.create_task(end())))
    loop.add_signal_handler(signal.SIGINT, lambda: ending.append(asyncio.create_task(end())))
    async with following(container):
        await server.run_stdio_async()
    await park()
