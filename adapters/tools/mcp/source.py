"""A server as a source of tools: those of its tools that a person has seen and accepted, and no others."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rookery.adapters.support.web.network import Network
from rookery.adapters.tools.mcp.arguments import Unfit, arguments_of
from rookery.adapters.tools.mcp.connection import Connection, spoken_to
from rookery.adapters.tools.mcp.settings import Settings, revealed
from rookery.adapters.tools.mcp.tool import McpTool
from rookery.adapters.tools.mcp.trouble import Trouble
from rookery.domain.errors import ToolError
from rookery.domain.pins import Judged, OfferedTool, Pin, Standing, judge
from rookery.domain.ports.tool import Capture, Need, Tool, ToolSource
from rookery.domain.ports.tool_pins import ToolPinStorePort

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import Tool as WireTool

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MOST_TOOLS = 500
_MOST_PAGES = 50
_NOT_USED = {
    Standing.NEW: "never accepted",
    Standing.CHANGED: "described otherwise than when accepted",
    Standing.MOVED: "from another place than when accepted",
}


class McpToolSource(ToolSource):
    """One server of the settings. It is connected to when it is first asked.

    Args:
        name: of the server.
        settings: how it is reached, and what is believed of it.
        pins: what a person has accepted.
        network: the guarded way to servers that are an address.
        capture: keeps what its tools read.
    """

    def __init__(
        self, name: str, settings: Settings, *, pins: ToolPinStorePort, network: Network, capture: Capture
    ) -> None:
        self._name = name
        self._settings = settings
        self._pins = pins
        self._network = network
        self._capture = capture
        self._connection = Connection(
            name, self._open, seconds=settings.timeout_seconds, opening_seconds=settings.start_seconds
        )
        self._notices: list[str] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def settings(self) -> Settings:
        """How it is reached, and what is believed of it."""
        return self._settings

    @property
    def notices(self) -> list[str]:
        return list(self._notices)

    async def tools(self) -> list[Tool]:
        judged = await self.look()
        blocked = [one for one in judged if one.standing not in (Standing.TRUSTED, Standing.GONE)]
        self._notices = self._told(blocked)
        trusted = [one.offered for one in judged if one.standing is Standing.TRUSTED and one.offered]
        if blocked and not trusted:
            raise ToolError("; ".join(self._notices))
        return [self._tool(offered) for offered in trusted]

    async def accept(self, judged: Sequence[Judged], at: datetime) -> None:
        """Note that a person has seen these tools as they were judged, and wants them used."""
        seen = [one.offered for one in judged if one.offered and one.standing is not Standing.UNFIT]
        endpoint = self._settings.endpoint
        await self._pins.accept([Pin(server=self._name, endpoint=endpoint, tool=tool, accepted_at=at) for tool in seen])

    async def look(self) -> list[Judged]:
        """Return what the server offers now, and how each tool stands with the person.

        Raises:
            ToolError: it cannot be reached.
        """
        offered = [_offered(tool) for tool in await self._connection.ask(_listed)]
        return judge(offered, await self._pins.pins(self._name), self._settings.endpoint)

    async def close(self) -> None:
        await self._connection.close()

    def _tool(self, offered: OfferedTool) -> McpTool:
        reads = self._settings.only_reads(offered.name, offered.annotations)
        return McpTool(
            self._name,
            offered,
            self._connection,
            self._capture,
            effect="read" if reads else "write",
            seconds=self._settings.timeout_seconds,
            needs=frozenset({Need.PROGRAM if self._settings.url is None else Need.NETWORK}),
        )

    def _told(self, blocked: list[Judged]) -> list[str]:
        """Return why tools are not used, the same of several in one sentence."""
        notices = []
        for standing, why in _NOT_USED.items():
            names = [f"{self._name}.{one.name}" for one in blocked if one.standing is standing]
            if names:
                do = f"`rookery mcp trust {self._name}` shows what is said, and accepts it"
                notices.append(f"{_list(names)}: blocked, {why}; {do}")
        unfit = [one.offered for one in blocked if one.standing is Standing.UNFIT and one.offered]
        return [*notices, *(f"{self._name}.{one.name[:64]!r} cannot be used: {one.fault}" for one in unfit)]

    @asynccontextmanager
    async def _open(self, trouble: Trouble) -> "AsyncIterator[Client]":
        if find_spec("mcp") is None:
            raise ToolError("MCP needs a library that is not installed: pip install 'rookery[mcp]'")
        settings, where = self._settings, f"mcpServers.{self._name}"
        if settings.command is not None:
            from rookery.adapters.tools.mcp.stdio import environment, program

            env = environment(revealed(settings.env, f"{where}.env"))
            transport = program([settings.command, *settings.args], env, settings.cwd, trouble)
        else:
            from rookery.adapters.tools.mcp.http import address

            headers = revealed(settings.headers, f"{where}.headers")
            transport = address(settings.url or "", headers, self._network, trouble)
        async with spoken_to(transport) as client:
            yield client


def tool_sources(
    sections: Mapping[str, Mapping[str, Any]], pins: ToolPinStorePort, network: Network, capture: Capture
) -> list[McpToolSource]:
    """Return the servers of the settings that are not disabled; none is connected yet.

    Raises:
        ConfigurationError: a section is wrong.
    """
    settings = {name: Settings.from_section(name, section) for name, section in sections.items()}
    return [
        McpToolSource(name, one, pins=pins, network=network, capture=capture)
        for name, one in settings.items()
        if not one.disabled
    ]


async def _listed(client: "Client") -> "list[WireTool]":
    tools: list[WireTool] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if len(tools) > _MOST_TOOLS:
            raise ToolError(f"a server with more than {_MOST_TOOLS} tools is of no use to an agent")
        if cursor is None:
            return tools
    raise ToolError(f"the list of its tools has more than {_MOST_PAGES} pages")


def _offered(tool: "WireTool") -> OfferedTool:
    annotations = tool.annotations.model_dump(mode="json", by_alias=True, exclude_none=True) if tool.annotations else {}
    offered = OfferedTool(
        name=tool.name,
        title=tool.title or "",
        description=tool.description or "",
        arguments=tool.input_schema,
        annotations=annotations,
    )
    return offered.model_copy(update={"fault": _fault(offered)})


def _fault(tool: OfferedTool) -> str:
    if not _NAME.fullmatch(tool.name):
        return "its name has other characters than letters, digits, _, . and -, or more than 64"
    try:
        arguments_of(tool.arguments)
    except Unfit as error:
        return str(error)
    return ""


def _list(names: list[str]) -> str:
    few = names[:5]
    return ", ".join(few) + (f" and {len(names) - len(few)} more" if len(names) > len(few) else "")
