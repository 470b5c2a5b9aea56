"""Clients of `rookery mcp serve`, by the official SDK."""

import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.support.server import LIGHT, MAIN, ROOT, environment


class McpServer(NamedTuple):
    """A `rookery mcp serve --http`, in a process of its own."""

    url: str
    token: str
    home: Path


def by_stdio(home: Path, *, mode: str = "auto") -> Client:
    """Return a client that starts a server as its child."""
    settings = environment(home, LIGHT)
    command = StdioServerParameters(command=MAIN[0], args=[*MAIN[1:], "mcp", "serve"], env=settings, cwd=ROOT)
    return Client(command, mode=mode)


@asynccontextmanager
async def by_http(url: str, token: str, *, mode: str = "auto") -> AsyncIterator[Client]:
    """Connect a client with a token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client


@contextmanager
def serve_http(home: Path, settings: Mapping[str, str] | None = None) -> Iterator[McpServer]:
    """Serve on a free port of the loopback until the block ends."""
    command = [*MAIN, "mcp", "serve", "--http", "--port", "0"]
    variables = environment(home, LIGHT | {"COLUMNS": "500"} | dict(settings or {}))
    log = home.parent / f"{home.name}.log"
    with (
        log.open("w") as stderr,
        subprocess.Popen(command, cwd=ROOT, env=variables, stderr=stderr) as process,
    ):
        try:
            said = _greeting(log, process)
            yield McpServer(re.findall(r"http://\S+/mcp", said)[0], said.splitlines()[-1].strip(), home)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _greeting(log: Path, process: subprocess.Popen[bytes]) -> str:
    while process.poll() is None:
        said = log.read_text()
        if said.count("\n") >= 3:
            return said
        time.sleep(0.05)
    raise AssertionError(log.read_text())
