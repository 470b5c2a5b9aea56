"""The document library and the texts that answers quote."""

from typing import Annotated

from fastapi import APIRouter, Path

from rookery.application.ingestion import Ingested
from rookery.domain.access import Scope
from rookery.domain.sources import Snapshot, Source
from rookery.entrypoints.api.colony import TheContainer
from rookery.entrypoints.api.schemas import NewSource, Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1", tags=["sources"])


@router.get("/sources", dependencies=[needs(Scope.READ)])
async def list_sources(container: TheContainer, namespace: str | None = None) -> Page[Source]:
    """List the documents of the library, oldest first."""
    return Page(items=await container.library().sources(namespace))


@router.post("/sources", status_code=201, dependencies=[needs(Scope.RUN)])
async def add_source(source: NewSource, container: TheContainer) -> Ingested:
    """Add a document, the documents of a folder, or a page. What cannot be read is among the problems."""
    container.reader().check(source.location)
    return await container.add_sources()([source.location], namespace=source.namespace)


@router.get("/snapshots/{sha256}", dependencies=[needs(Scope.READ)])
async def get_snapshot(sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")], container: TheContainer) -> Snapshot:
    """Read the text of a source as it was when it was quoted. Offsets of citations are code points of `text`."""
    return await container.snapshots().get(sha256)
