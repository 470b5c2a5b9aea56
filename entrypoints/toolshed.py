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


class Toolshed:
    """Makes tools, each once.

    Args:
        settings: of the tools.
        agents: whose tools are made at once, so that what is wrong with them is told now.
        integrations: the services, which bring tools of their own.
        ours: tools that are there already.
        offered: what tools may ask for.

    Raises:
        ConfigurationError: an agent has a tool that cannot be had.
    """

    def __init__(
        self,
        settings: Settings,
        agents: Mapping[str, Agent],
        integrations: Mapping[str, IntegrationPort],
        ours: Sequence[Tool],
        **offered: object,
    ) -> None:
        self._settings = settings
        self._offered = offered
        self._ours = {tool.name: tool for tool in ours}
        self._services = {tool.name: tool for one in integrations.values() for tool in one.tools}
        self._made: dict[str, Tool] = {}
        self.of(agents)

    def of(self, agents: Mapping[str, Agent]) -> dict[str, Tool]:
        """Return tools by name: ours, and those of outside systems that one of these agents has.

        Raises:
            ConfigurationError: one cannot be had.
        """
        wanted = {name for agent in agents.values() for name in agent.tools}
        services = {name: tool for name, tool in self._services.items() if name in wanted}
        others = {name: self._others(name) for name in plugins.available("tools").keys() & wanted}
        return self._ours | services | others

    def _others(self, name: str) -> Tool:
        if name not in self._made:
            tool: Tool = plugins.configured("tools", name, self._settings, **self._offered)
            if name in self._ours or name in self._services or tool.name != name:
                raise ConfigurationError(
                    f"the tool {name!r} calls itself {tool.name!r}; a tool needs a name of its own"
                )
            self._made[name] = tool
        return self._made[name]


def files(settings: Settings, home: Path) -> "Files | None":
    """Return what tools work with files through; None where the system cannot keep them to a folder."""
    if os.name != "posix":  # there, nothing opens a file relative to an opened folder
        return None
    from rookery.adapters.tools.files.access import Files

    return Files.from_section(settings.tools.get("files", {}), home)
