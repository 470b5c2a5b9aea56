"""Memories: read, write, search, forget, sync."""

from typing import Annotated

from fastapi import APIRouter, Query

from rookery.domain.access import Scope
from rookery.domain.memories import Memory
from rookery.entrypoints.api import dummy
from rookery.entrypoints.api.schemas import MemorySearch, NewMemory, Page, SyncReport
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/memories", tags=["memories"])


@router.get("", dependencies=[needs(Scope.READ)])
async def list_memories(
    namespace: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str | None = None
) -> Page[Memory]:
    """List memories, newest first."""
    return Page(items=[dummy.MEMORY])


@router.post("", status_code=201, dependencies=[needs(Scope.MEMORY)])
async def add_memory(memory: NewMemory) -> Memory:
    """Remember something."""
    return dummy.MEMORY


@router.post("/search", dependencies=[needs(Scope.READ)])
async def search_memories(search: MemorySearch) -> Page[Memory]:
    """Search memories; `relevance_score` is the fused score."""
    return Page(items=[dummy.MEMORY])


@router.post("/sync", dependencies=[needs(Scope.MEMORY)])
async def sync_memories() -> SyncReport:
    """Exchange memories with the other machines."""
    return SyncReport(sent=0, received=0)


@router.get("/{memory_id}", dependencies=[needs(Scope.READ)])
async def get_memory(memory_id: str) -> Memory:
    """Read one memory."""
    return dummy.MEMORY


@router.delete("/{memory_id}", status_code=204, dependencies=[needs(Scope.MEMORY)])
async def forget_memory(memory_id: str) -> None:
    """Forget a memory; its history stays."""
