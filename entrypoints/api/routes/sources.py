"""The document library and the texts that answers quote."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from rookery.application.ingestion import Ingested
from rookery.domain.access import Scope
from rookery.domain.errors import NotFound
from rookery.domain.sources import Snapshot, Source
from rookery.entrypoints.api.colony import TheContainer
from rookery.entrypoints.api.once import Once
from rookery.entrypoints.api.paging import Cursor, Limit, page_of
from rookery.entrypoints.api.schemas import NewSource, Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1", tags=["sources"])


@router.get("/sources", dependencies=[needs(Scope.READ)])
async def list_sources(
    container: TheContainer,
    namespace: Annotated[str | None, Query(max_length=200)] = None,
    q: Annotated[str | None, Query(max_length=1000, description="text that the title or the URL contains")] = None,
    media_type: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Source]:
    """List the documents of the library, oldest first; with filters, those to which all of them apply."""
    sources = [source for source in await container.library().sources(namespace) if _counts(source, q, media_type)]
    return page_of(sources, lambda source: (source.added_at.isoformat(), source.id), limit=limit, cursor=cursor)


@router.post("/sources", status_code=201, dependencies=[needs(Scope.RUN)])
async def add_source(source: NewSource, once: Once) -> Ingested:
    """Add a document, the documents of a folder, or a page. What cannot be read is among the problems."""
    once.container.reader().check(source.location)

    async def add() -> Ingested:
        return await once.container.add_sources()([source.location], namespace=source.namespace)

    return await once(source.model_dump_json(), add, returns=Ingested)


@router.delete("/sources/{source_id}", dependencies=[needs(Scope.RUN)])
async def remove_source(source_id: str, container: TheContainer) -> list[Source]:
    """Take a document out of the library, with what agents noted of it. Texts that answers quote are kept."""
    if all(source.id != source_id for source in await container.library().sources()):
        raise NotFound(f"there is no source {source_id!r}; `GET /v1/sources` lists them")
    return await container.remove_source()(source_id)


@router.get("/snapshots/{sha256}", dependencies=[needs(Scope.READ)])
async def get_snapshot(sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")], container: TheContainer) -> Snapshot:
    """Read the text of a source as it was when it was quoted. Offsets of citations are code points of `text`."""
    return await container.snapshots().get(sha256)


def _counts(source: Source, text: str | None, media_type: str | None) -> bool:
    named = text is None or text.casefold() in f"{source.title}\n{source.url}".casefold()
    return named and media_type in (None, source.media_type)
