"""Tools as the container makes them, with the world they are to reach on the loopback."""

from pathlib import Path
from typing import Any

from rookery.domain.ports.tool import Tool
from rookery.entrypoints import plugins
from rookery.entrypoints.container import Container
from rookery.entrypoints.settings import ResearchSettings, Settings
from rookery.testing.tools import ToolBench, a_scope


def a_container(home: Path, *, offline: bool = False, tools: dict[str, dict[str, Any]] | None = None, **more: Any):
    """Return a container whose network is open, and which downloads nothing."""
    research = {"embedder": None, "vector_store": "memory", "offline": offline, **more.pop("research", {})}
    settings = Settings(home=home, research=ResearchSettings.model_validate(research), tools=tools or {}, **more)
    return Container(settings=settings)


def a_tool(container: Container, name: str) -> Tool:
    """Return a tool with its own settings, whether or not an agent has it."""
    offered = {
        "capture": container.capture(),
        "clock": container.clock(),
        "home": container.home(),
        "network": container.network(),
        "offline": container.settings().research.offline,
        "pages": container.pages(),
    }
    tool: Tool = plugins.build("tools", name, settings=container.settings().tools.get(name, {}), offered=offered)
    return tool


def a_bench(container: Container, name: str, *arguments: dict[str, Any]) -> ToolBench:
    """Return a tool on its bench."""
    return ToolBench(a_tool(container, name), arguments, snapshots=container.snapshots(), scope=a_scope())
