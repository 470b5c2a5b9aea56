"""The document library and the texts that answers quote."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from rookery.domain.access import Scope
from rookery.domain.sources import Snapshot, Source
from rookery.entrypoints.api import dummy
from rookery.entrypoints.api.schemas import NewSource, Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1", tags=["sources"])


@router.get("/sources", dependencies=[needs(Scope.READ)])
async def list_sources(
    namespace: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str | None = None
) -> Page[Source]:
    """List the documents of the library."""
    return Page(items=[dummy.SOURCE])


@router.post("/sources", status_code=201, dependencies=[needs(Scope.RUN)])
async def add_source(source: NewSource) -> Page[Source]:
    """Add a document, or the documents of a folder."""
    return Page(items=[dummy.SOURCE])


@router.get("/snapshots/{sha256}", dependencies=[needs(Scope.READ)])
async def get_snapshot(sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]) -> Snapshot:
    """Read the text of a source as it was when it was quoted. Offsets of citations are code points of `text`."""
    return dummy.SNAPSHOT
