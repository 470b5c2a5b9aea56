"""The tools that agents may have: ours, those of others, and those of the services in which a team works."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rookery.application.tools.note_memory import NoteMemory
from rookery.application.tools.read_document import ReadDocument
from rookery.application.tools.recall_memory import RecallMemory
from rookery.application.tools.search_documents import SearchDocuments
from rookery.domain.agents import Agent
from rookery.domain.errors import ConfigurationError
from rookery.domain.ports.integration import IntegrationPort
from rookery.domain.ports.tool import Tool
from rookery.entrypoints import plugins
from rookery.entrypoints.settings import Settings

if TYPE_CHECKING:
    from rookery.adapters.tools.files.access import Files


def integrations(settings: Settings, **offered: object) -> dict[str, IntegrationPort]:
    """Return the services by name, those too that are not configured; none is connected yet."""
    return {
        name: plugins.configured("integrations", name, settings, **offered)
        for name in plugins.available("integrations")
    }


_OURS = (SearchDocuments, ReadDocument, RecallMemory, NoteMemory)


def tool_names(settings: Settings, integrations: Mapping[str, IntegrationPort]) -> list[str]:
    """Return the names that agents may have; `SERVER.*` stands for whatever an MCP server offers."""
    ours = [*(tool.name for tool in _OURS), *plugins.available("tools")]
    servers = [f"{name}.*" for name in settings.mcpServers]
    return [*ours, *servers, *(tool.name for integration in integrations.values() for tool in integration.tools)]


def tools(
    settings: Settings,
    agents: Mapping[str, Agent],
    integrations: Mapping[str, IntegrationPort],
    ours: Sequence[Tool],
    **offered: object,
) -> dict[str, Tool]:
    """Return the tools by name: ours, and those of outside systems that an agent has."""
    tools = {tool.name: tool for tool in ours}
    wanted = {name for agent in agents.values() for name in agent.tools}
    tools |= {tool.name: tool for one in integrations.values() for tool in one.tools if tool.name in wanted}
    for name in plugins.available("tools").keys() & wanted:
        tool: Tool = plugins.configured("tools", name, settings, **offered)
        if name in tools or tool.name != name:
            raise ConfigurationError(f"the tool {name!r} calls itself {tool.name!r}; a tool needs a name of its own")
        tools[name] = tool
    return tools


def files(settings: Settings, home: Path) -> "Files | None":
    """Return what tools work with files through; None where the system cannot keep them to a folder."""
    if os.name != "posix":  # there, nothing opens a file relative to an opened folder
        return None
    from rookery.adapters.tools.files.access import Files

    return Files.from_section(settings.tools.get("files", {}), home)
