"""What can be read by address: stored texts, reports of runs, memories; and the completion of their names."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from rookery.application.memory.recall import find_memory
from rookery.application.reports import as_markdown
from rookery.application.research import as_it_stands
from rookery.domain.errors import NotFound, RookeryError
from rookery.domain.memories import MemoryFilter
from rookery.entrypoints.mcp.desk import Desk, told_to

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

SNAPSHOT = "rookery://snapshots/{sha256}"
RUN = "rookery://runs/{run_id}"
MEMORY = "rookery://memories/{namespace}/{+memory_id}"
_LOOKED_AT = 200  # of the newest, when a name is completed
_OFFERED = 100  # completions, as the protocol bounds them


def install(server: "MCPServer[Any]", desk: Desk) -> None:
    """Give a server its resources, their completion, and a prompt."""
    _texts(server, desk)
    _lists(server, desk)
    _completion(server, desk)
    _prompts(server)


def _texts(server: "MCPServer[Any]", desk: Desk) -> None:
    from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

    @server.resource(SNAPSHOT, title="Stored text", description="The text of a source as it was read.")
    async def snapshot(sha256: str) -> str:
        with told_to(ResourceError, RookeryError), told_to(ResourceNotFoundError, NotFound):
            return (await desk.container.snapshots().get(sha256)).text

    @server.resource(RUN, title="Report", description="A run's answer with its quotes.", mime_type="text/markdown")
    async def run(run_id: str) -> str:
        with told_to(ResourceError, RookeryError), told_to(ResourceNotFoundError, NotFound):
            stored = await desk.container.run_store().get(run_id)
            stands = await as_it_stands(stored, desk.container.orchestrator())
        if stands.result is None:
            return f"# {stands.question}\n\nThe run is {stands.status}. {stands.error or ''}\n"
        return as_markdown(stands.result)

    @server.resource(MEMORY, title="Memory", description="What was learnt.", mime_type="application/json")
    async def memory(namespace: str, memory_id: str) -> str:
        with told_to(ResourceError, RookeryError), told_to(ResourceNotFoundError, NotFound):
            held = await find_memory(desk.container.projection(), memory_id, namespace)
        return held.model_dump_json(exclude={"forgotten"})


def _lists(server: "MCPServer[Any]", desk: Desk) -> None:
    from mcp.server.mcpserver.exceptions import ResourceError

    @server.resource("rookery://runs", title="Runs", description="The newest runs.", mime_type="text/markdown")
    async def runs() -> str:
        with told_to(ResourceError, RookeryError):
            page = await desk.container.run_store().page(limit=_OFFERED)
        lines = [f"- rookery://runs/{run.id} ({run.status}): {run.question}" for run in page.items]
        return "\n".join(["# Runs", "", *(lines or ["There is none yet."]), ""])

    @server.resource("rookery://sources", title="Library", description="All documents.", mime_type="text/markdown")
    async def sources() -> str:
        with told_to(ResourceError, RookeryError):
            found = await desk.container.library().sources()
        lines = [f"- rookery://snapshots/{one.sha256}: {one.title} ({one.namespace})" for one in found]
        return "\n".join(["# Library", "", *(lines or ["There is no document yet."]), ""])


def _completion(server: "MCPServer[Any]", desk: Desk) -> None:
    from mcp_types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

    names: dict[tuple[str, str], Callable[[], Awaitable[list[str]]]] = {
        (SNAPSHOT, "sha256"): lambda: _digests(desk),
        (RUN, "run_id"): lambda: _run_ids(desk),
        (MEMORY, "namespace"): lambda: _namespaces(desk),
    }

    async def complete(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        if not isinstance(ref, ResourceTemplateReference):
            return None
        if (ref.uri, argument.name) == (MEMORY, "memory_id"):
            known = await _memory_ids(desk, ((context and context.arguments) or {}).get("namespace"))
        else:
            find = names.get((ref.uri, argument.name))
            known = [] if find is None else await find()
        fit = [name for name in dict.fromkeys(known) if name.startswith(argument.value)]
        return Completion(values=fit[:_OFFERED], total=len(fit), has_more=len(fit) > _OFFERED)

    cast("Callable[[], Callable[[object], object]]", server.completion)()(complete)


async def _digests(desk: Desk) -> list[str]:
    return [source.sha256 for source in await desk.container.library().sources()]


async def _run_ids(desk: Desk) -> list[str]:
    return [run.id for run in (await desk.container.run_store().page(limit=_LOOKED_AT)).items]


async def _namespaces(desk: Desk) -> list[str]:
    await desk.container.projection().catch_up()
    return [state.namespace for state in await desk.container.memory_index().namespaces() if state.memories]


async def _memory_ids(desk: Desk, namespace: str | None) -> list[str]:
    await desk.container.projection().catch_up()
    where = MemoryFilter(namespaces=[namespace] if namespace else None)
    memories, _ = await desk.container.memory_index().page(where, limit=_LOOKED_AT)
    return [memory.id for memory in memories]


def _prompts(server: "MCPServer[Any]") -> None:
    @server.prompt(title="Answer with quotes")
    def answer_with_quotes(question: str) -> str:
        """Have a question researched, and the answer told with its quotes."""
        return (
            f"Call the tool `research` with this question: {question}\n\n"
            "Then tell the answer in your own words. Keep the number in brackets behind each sentence that has one, "
            "list the quotes under their numbers, say which claims are unsupported, and add nothing of your own."
        )
