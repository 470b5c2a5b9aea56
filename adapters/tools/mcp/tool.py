"""A server's tool that a person trusts."""

from typing import Literal

from pydantic import BaseModel

from rookery.adapters.tools.mcp.arguments import Arguments, arguments_of
from rookery.adapters.tools.mcp.connection import Connection
from rookery.adapters.tools.mcp.results import Said
from rookery.domain.errors import ToolError
from rookery.domain.hidden import without_hidden
from rookery.domain.pins import OfferedTool
from rookery.domain.ports.tool import Capture, Limits, Need, Outcome, Scope, Tool

_READ = 4000  # characters of a result
_DESCRIBED = 1000  # characters of a description


class McpTool(Tool):
    """Calls it, once for each call.

    Args:
        server: its name.
        offered: as the server describes it, and as the person has accepted it.
        connection: to the server.
        capture: keeps what is read.
        effect: whether calls need approval.
        limits: of a call.
        needs: what the server is reached through.
    """

    def __init__(
        self,
        server: str,
        offered: OfferedTool,
        connection: Connection,
        capture: Capture,
        *,
        effect: Literal["read", "write"],
        seconds: float,
        needs: frozenset[Need],
    ) -> None:
        self._offered = offered
        self._connection = connection
        self._capture = capture
        self._name = f"{server}.{offered.name}"
        self._effect: Literal["read", "write"] = effect
        self._arguments = arguments_of(offered.arguments)
        self._limits = Limits(seconds=seconds, characters=_READ)
        self._needs = needs

    @property
    def name(self) -> str:
        return self._name

    @property
    def description(self) -> str:
        text = without_hidden(self._offered.description or self._offered.title or self._offered.name)
        return text if len(text) <= _DESCRIBED else f"{text[:_DESCRIBED]}…"

    @property
    def effect(self) -> Literal["read", "write"]:
        return self._effect

    @property
    def arguments(self) -> type[BaseModel]:
        return self._arguments

    @property
    def needs(self) -> frozenset[Need]:
        return self._needs

    @property
    def limits(self) -> Limits:
        return self._limits

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        if not isinstance(arguments, Arguments):
            raise ToolError(f"{self._name} was called with arguments of another tool")
        from mcp import Client
        from mcp_types import CallToolRequest, CallToolRequestParams, CallToolResult, InputRequiredResult
        from pydantic import TypeAdapter

        answers: TypeAdapter[CallToolResult | InputRequiredResult] = TypeAdapter(CallToolResult | InputRequiredResult)
        request = CallToolRequest(params=CallToolRequestParams(name=self._offered.name, arguments=arguments.root))

        async def call(client: Client) -> CallToolResult | InputRequiredResult:
            # Not `call_tool`: that would work through a schema of the server's, by which the result is judged.
            return await client.session.send_request(request, answers)

        result = await self._connection.ask(call)
        if isinstance(result, InputRequiredResult):
            raise ToolError(f"{self._name} asks for what it is not given: samples of a model, or a person's input")
        said = Said.of(result, self._name)
        if self._effect == "write" or not said.ok or not said.text.strip():
            return said.told()
        return await said.kept(arguments.root, self._capture, limit=scope.passages)
