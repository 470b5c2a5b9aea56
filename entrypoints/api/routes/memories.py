"""Memories: read, write, search, forget, exchange."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from rookery.application.memory.exchange import read_memories
from rookery.application.memory.recall import find_memory, history_of_memory
from rookery.domain.access import Scope
from rookery.domain.errors import InvalidRequest
from rookery.domain.frozen import WrittenTime
from rookery.domain.memories import Memory, MemoryFilter, Namespace, NewMemory
from rookery.domain.sync import SyncReport
from rookery.entrypoints.api.colony import TheContainer
from rookery.entrypoints.api.once import Once
from rookery.entrypoints.api.paging import Cursor, Limit
from rookery.entrypoints.api.schemas import (
    FoundMemories,
    Imported,
    MemoryHistory,
    MemoryNamespace,
    MemorySearch,
    MemoryState,
    Page,
)
from rookery.entrypoints.api.security import needs
from rookery.entrypoints.syncing import sync_state

router = APIRouter(prefix="/v1/memories", tags=["memories"])
_LINES = {"type": "string", "minLength": 1}


@router.get("", dependencies=[needs(Scope.READ)])
async def list_memories(
    container: TheContainer,
    namespace: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    tag: Annotated[list[str], Query(description="at least one of these")] = [],  # noqa: B006
    tags_all: Annotated[list[str], Query(description="all of these")] = [],  # noqa: B006
    source: str | None = None,
    since: WrittenTime | None = None,
    until: WrittenTime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Memory]:
    """List memories, newest first."""
    where = MemoryFilter(
        namespaces=namespace or None, tags_any=tag, tags_all=tags_all, source=source, since=since, until=until
    )
    await container.projection().catch_up()
    items, more = await container.memory_index().page(where, limit=limit, before=cursor)
    return Page(items=items, next_cursor=more)


@router.post("", status_code=201, dependencies=[needs(Scope.MEMORY)])
async def add_memory(new: NewMemory, once: Once) -> Memory:
    """Remember something. Credentials in it are replaced before it is stored."""

    async def remember() -> Memory:
        [held] = await once.container.remember()(new)
        return held

    return await once(new.model_dump_json(), remember, returns=Memory)


@router.post(
    "/import",
    dependencies=[needs(Scope.MEMORY)],
    openapi_extra={"requestBody": {"required": True, "content": {"text/plain": {"schema": _LINES}}}},
)
async def import_memories(request: Request, once: Once, namespace: Namespace = "default") -> Imported:
    """Store many memories at once: JSON lines of our own form, or what mem0 or a LangGraph store exports."""
    try:
        text = (await request.body()).decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"the body is not UTF-8: {error.reason} at byte {error.start}") from error
    if not text.strip():
        raise InvalidRequest("there is nothing to import: the body is empty")
    memories = read_memories(text, namespace=namespace)

    async def store() -> Imported:
        return Imported(memories=await once.container.import_memories()(iter(memories)))

    return await once(f"{namespace}\n{text}", store, returns=Imported)


@router.post("/search", dependencies=[needs(Scope.READ)])
async def search_memories(wanted: MemorySearch, container: TheContainer) -> FoundMemories:
    """Search memories; `relevance_score` is the fused score, and `why` says what it is made of."""
    recalled = await container.search_memories()(wanted.query, wanted.where(), limit=wanted.limit)
    return FoundMemories(items=recalled.memories, degraded=recalled.degraded)


@router.post("/sync", dependencies=[needs(Scope.MEMORY)])
async def sync_memories(container: TheContainer) -> SyncReport:
    """Exchange memories with the other machines."""
    return await container.sync_memories()()


@router.get("/state", dependencies=[needs(Scope.READ)])
async def memory_state(container: TheContainer) -> MemoryState:
    """Tell which namespaces there are and how this machine stands with the others."""
    projection = container.projection()
    await projection.catch_up()
    return MemoryState(
        namespaces=[
            MemoryNamespace(namespace=state.namespace, memories=state.memories)
            for state in await projection.index.namespaces()
            if state.memories
        ],
        sync=await sync_state(container),
        degraded=projection.trouble,
    )


@router.get("/{memory_id:path}/history", dependencies=[needs(Scope.READ)])
async def memory_history(memory_id: str, container: TheContainer, namespace: str | None = None) -> MemoryHistory:
    """Return all versions of a memory, those that lost against one of another machine too."""
    return MemoryHistory(items=await history_of_memory(container.projection(), memory_id, namespace))


@router.get("/{memory_id:path}", dependencies=[needs(Scope.READ)])
async def get_memory(memory_id: str, container: TheContainer, namespace: str | None = None) -> Memory:
    """Read one memory."""
    return await find_memory(container.projection(), memory_id, namespace)


@router.delete("/{memory_id:path}", status_code=204, dependencies=[needs(Scope.MEMORY)])
async def forget_memory(memory_id: str, container: TheContainer, namespace: str | None = None) -> None:
    """Forget a memory; its history stays."""
    await container.forget()(memory_id, namespace=namespace)
