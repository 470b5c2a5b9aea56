"""Memories: read, write, search, forget, sync."""

from typing import Annotated

from fastapi import APIRouter, Query

from rookery.domain.access import Scope
from rookery.domain.errors import NotBuilt
from rookery.domain.memories import Memory
from rookery.entrypoints.api.schemas import MemorySearch, NewMemory, Page, SyncReport
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/memories", tags=["memories"])
_NOT_BUILT = "this version has no memory: its agents know only the documents"


@router.get("", dependencies=[needs(Scope.READ)])
async def list_memories(
    namespace: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> Page[Memory]:
    """List memories, newest first."""
    raise NotBuilt(_NOT_BUILT)


@router.post("", status_code=201, dependencies=[needs(Scope.MEMORY)])
async def add_memory(_: NewMemory) -> Memory:
    """Remember something."""
    raise NotBuilt(_NOT_BUILT)


@router.post("/search", dependencies=[needs(Scope.READ)])
async def search_memories(_: MemorySearch) -> Page[Memory]:
    """Search memories; `relevance_score` is the fused score."""
    raise NotBuilt(_NOT_BUILT)


@router.post("/sync", dependencies=[needs(Scope.MEMORY)])
async def sync_memories() -> SyncReport:
    """Exchange memories with the other machines."""
    raise NotBuilt(_NOT_BUILT)


@router.get("/{memory_id}", dependencies=[needs(Scope.READ)])
async def get_memory(memory_id: str) -> Memory:
    """Read one memory."""
    raise NotBuilt(_NOT_BUILT)


@router.delete("/{memory_id}", status_code=204, dependencies=[needs(Scope.MEMORY)])
async def forget_memory(memory_id: str) -> None:
    """Forget a memory; its history stays."""
    raise NotBuilt(_NOT_BUILT)
