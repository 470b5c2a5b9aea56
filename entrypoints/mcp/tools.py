"""The tools: research, and what the library and memory hold. Their docstrings are what models read."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError

from rookery.domain.errors import InvalidRequest, RookeryError
from rookery.domain.memories import MemoryFilter, NewMemory
from rookery.domain.runs import Depth, ResearchRequest, Run
from rookery.entrypoints.mcp.desk import Desk, told_to
from rookery.entrypoints.mcp.forms import (
    Added,
    Answer,
    Excerpt,
    ListedRun,
    Memories,
    Passages,
    Runs,
    Sources,
)
from rookery.entrypoints.mcp.researching import research as conduct

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer
    from mcp_types import CallToolResult, ToolAnnotations

_LISTED = 200  # documents in a list
Namespace = Annotated[str, Field(description="the part of the library", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Limit = Annotated[int, Field(ge=1, le=50, description="how many at most")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="`source_sha256` of a citation")]


def install(server: "MCPServer[Any]", desk: Desk) -> None:
    """Give a server its tools."""
    _research(server, desk)
    _runs(server, desk)
    _memory(server, desk)
    _sources(server, desk)
    _snapshots(server, desk)


def _research(server: "MCPServer[Any]", desk: Desk) -> None:
    from mcp.server.mcpserver import Context
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp_types import CallToolResult, ToolAnnotations

    async def research(
        question: Annotated[str, Field(min_length=1, max_length=4000)],
        ctx: Context[Any, Any],
        sources: Annotated[
            list[str], Field(max_length=1000, description="paths or addresses; none: the whole library")
        ] = [],  # noqa: B006 - it is read only
        namespace: Namespace = "default",
        depth: Depth = Depth.STANDARD,
        model: Annotated[str | None, Field(description="default: the one of the settings")] = None,
        max_seconds: Annotated[float | None, Field(gt=0, description="answer after this with what was found")] = None,
    ) -> Annotated[CallToolResult, Answer]:
        """Answer a question from documents: each claim is locked to verbatim quotes, which are numbered."""

        async def report(number: int, told: str) -> None:
            await ctx.report_progress(number, None, told[:300])

        with told_to(ToolError, RookeryError):
            fields = {"question": question, "sources": sources, "namespace": namespace, "depth": depth, "model": model}
            run = await conduct(desk, _request({**fields, "max_seconds": max_seconds}), report)
            return _answered(run)

    server.add_tool(
        research,
        title="Research a question",
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
        ),
    )


def _request(fields: dict[str, object]) -> ResearchRequest:
    try:
        return ResearchRequest.model_validate(fields)
    except ValidationError as error:
        fault = error.errors()[0]
        raise InvalidRequest(f"{fault['loc'][0]}: {fault['msg'].removeprefix('Value error, ')}") from error


def _answered(run: Run) -> "CallToolResult":
    """Return a finished run as a tool's result; the stored texts that it quotes are linked."""
    from mcp_types import CallToolResult, ResourceLink, TextContent

    answer = Answer.of(run)
    quoted = {one.source_sha256: one for one in answer.citations}
    links = [
        ResourceLink(type="resource_link", uri=f"rookery://snapshots/{sha256}", name=one.title, mime_type="text/plain")
        for sha256, one in quoted.items()
    ]
    return CallToolResult(
        content=[TextContent(type="text", text=answer.as_text()), *links],
        structured_content=answer.model_dump(mode="json"),
        is_error=run.result is None,
    )


def _runs(server: "MCPServer[Any]", desk: Desk) -> None:
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp_types import CallToolResult, TextContent

    from rookery.application.research import as_it_stands

    async def get_run(run_id: str) -> Annotated[CallToolResult, Answer]:
        """Read a run: where it stands, and its answer with numbered quotes once it is finished."""
        with told_to(ToolError, RookeryError):
            stored = await desk.container.run_store().get(run_id)
            answer = Answer.of(await as_it_stands(stored, desk.container.orchestrator()))
        text = TextContent(type="text", text=answer.as_text())
        return CallToolResult(content=[text], structured_content=answer.model_dump(mode="json"))

    async def list_runs(limit: Limit = 20, cursor: str | None = None) -> Runs:
        """List runs, newest first."""
        with told_to(ToolError, RookeryError):
            page = await desk.container.run_store().page(limit=limit, cursor=cursor)
            runs = [await as_it_stands(run, desk.container.orchestrator()) for run in page.items]
        listed = [
            ListedRun(run_id=run.id, question=run.question, status=run.status, created_at=run.created_at)
            for run in runs
        ]
        return Runs(runs=listed, next_cursor=page.next_cursor)

    server.add_tool(get_run, title="Read a run", annotations=_reads())
    server.add_tool(list_runs, title="List runs", annotations=_reads())


def _memory(server: "MCPServer[Any]", desk: Desk) -> None:
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp_types import ToolAnnotations

    async def search_memory(
        query: Annotated[str, Field(min_length=1, max_length=4000)],
        namespace: Annotated[str | None, Field(description="default: all")] = None,
        limit: Limit = 10,
    ) -> Memories:
        """Find what was learnt before, by meaning, by words, by who said it and when."""
        with told_to(ToolError, RookeryError):
            where = MemoryFilter(namespaces=[namespace] if namespace else None)
            recalled = await desk.container.search_memories()(query, where, limit=limit)
        return Memories(memories=list(recalled.memories), degraded=recalled.degraded)

    async def remember(
        content: Annotated[str, Field(min_length=1, max_length=20_000)],
        namespace: Namespace = "default",
        key: Annotated[str | None, Field(description="the slot; what is there is superseded")] = None,
        tags: Annotated[list[str], Field(max_length=50)] = [],  # noqa: B006 - it is read only
        source: Annotated[str | None, Field(description="where it comes from")] = None,
    ) -> Memories:
        """Remember something for later runs. Credentials in it are replaced; what a slot held stays in its history."""
        with told_to(ToolError, RookeryError, ValidationError):
            new = NewMemory(content=content, namespace=namespace, key=key, tags=tags, source=source)
            return Memories(memories=await desk.container.remember()(new))

    server.add_tool(search_memory, title="Search memory", annotations=_reads())
    server.add_tool(
        remember,
        title="Remember something",
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )


def _sources(server: "MCPServer[Any]", desk: Desk) -> None:
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp_types import ToolAnnotations

    async def search_sources(
        query: Annotated[str, Field(min_length=1, max_length=400)],
        namespace: Namespace = "default",
        limit: Limit = 10,
    ) -> Passages:
        """Find passages of the documents in the library, by words and by meaning."""
        with told_to(ToolError, RookeryError):
            return Passages(passages=await desk.container.search()(namespace, query, limit=limit))

    async def list_sources(namespace: Annotated[str | None, Field(description="default: all")] = None) -> Sources:
        """List the documents in the library, oldest first."""
        with told_to(ToolError, RookeryError):
            sources = await desk.container.library().sources(namespace)
        return Sources(sources=sources[:_LISTED], left_out=max(0, len(sources) - _LISTED))

    async def add_source(location: Annotated[str, Field(min_length=1)], namespace: Namespace = "default") -> Added:
        """Add a document, the documents of a folder, or a page of the web to the library."""
        with told_to(ToolError, RookeryError):
            desk.container.reader().check(location)
            ingested = await desk.container.add_sources()([location], namespace=namespace)
        if not ingested.sources:
            raise ToolError("; ".join(problem.message for problem in ingested.problems) or "nothing was found there")
        return Added(sources=ingested.sources[:_LISTED], problems=ingested.problems[:_LISTED])

    server.add_tool(search_sources, title="Search documents", annotations=_reads())
    server.add_tool(list_sources, title="List documents", annotations=_reads())
    server.add_tool(
        add_source,
        title="Add a document",
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True
        ),
    )


def _snapshots(server: "MCPServer[Any]", desk: Desk) -> None:
    from mcp.server.mcpserver.exceptions import ToolError

    async def get_snapshot(
        sha256: Digest,
        start: Annotated[int, Field(ge=0, description="of the quote, in characters")] = 0,
        end: Annotated[int | None, Field(ge=0, description="of the quote; default: 2000 after its start")] = None,
        around: Annotated[int, Field(ge=0, le=5000, description="characters before and after it")] = 300,
    ) -> Excerpt:
        """Read a quote where it stands: in the text of its source as it was when it was quoted."""
        with told_to(ToolError, RookeryError):
            snapshot = await desk.container.snapshots().get(sha256)
        return Excerpt.of(snapshot, start, start + 2000 if end is None else max(start, end), around)

    server.add_tool(get_snapshot, title="Read a stored text", annotations=_reads())


def _reads() -> "ToolAnnotations":
    from mcp_types import ToolAnnotations

    return ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
