"""MCP servers as sources of tools, each a real process."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.libraries.in_memory import InMemoryLibrary
from rookery.adapters.snapshot_stores.in_memory import InMemorySnapshotStore
from rookery.adapters.support.web.hosts import OpenHosts
from rookery.adapters.support.web.network import Network
from rookery.adapters.tool_pins.in_memory import InMemoryToolPinStore
from rookery.adapters.tools.mcp.settings import Settings
from rookery.adapters.tools.mcp.source import McpToolSource
from rookery.application.capturing import CaptureDocuments
from rookery.domain.agents import Agent
from rookery.domain.ports.tool import Scope, Tool
from rookery.domain.ports.tool_pins import ToolPinStorePort

SERVERS = Path(__file__).parent / "mcp_servers"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCOPE = Scope(run_id="r", agent=Agent(id="a", role="researcher", goal="g"), namespace="default")


def program(script: str, *arguments: str, **settings: object) -> Settings:
    """Return settings that start one of our servers."""
    section = {"command": sys.executable, "args": [str(SERVERS / f"{script}.py"), *arguments]}
    return Settings.from_section("birds", section | settings)


@asynccontextmanager
async def opened(
    settings: Settings, *, pins: ToolPinStorePort | None = None, network: Network | None = None
) -> AsyncIterator[McpToolSource]:
    """A source that is called birds."""
    capture = CaptureDocuments(
        InMemorySnapshotStore(), SystemClock(), lambda: InMemoryLibrary(analyzer=SnowballAnalyzer())
    )
    source = McpToolSource(
        "birds", settings, pins=pins or InMemoryToolPinStore(), network=network or Network(), capture=capture
    )
    try:
        yield source
    finally:
        await source.close()


async def accepted(source: McpToolSource) -> dict[str, Tool]:
    """Accept all that a source offers, and return its tools."""
    await source.accept(await source.look(), NOW)
    return {tool.name: tool for tool in await source.tools()}


@contextmanager
def over_http(environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve the good server over HTTP, and return its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(SERVERS / "good.py"), str(port)]
    with subprocess.Popen(command, env=os.environ | dict(environment or {}), stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server did not start")


def network_of(url: str) -> Network:
    """Return a network to which the host of an address is open."""
    return Network(OpenHosts(allow_hosts=(url.split("/")[2],)))
