"""Reading on in a document of the library."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from rookery.domain.errors import NotFound
from rookery.domain.frozen import Frozen
from rookery.domain.names import name_key
from rookery.domain.ports.library import LibraryPort
from rookery.domain.ports.tool import Outcome, Scope, Tool
from rookery.domain.sources import Source
from rookery.domain.text import counted

_NAMED = 5  # documents, where none is the one that was asked for


class Place(Frozen):
    """Which document, and from where on."""

    document: str = Field(min_length=1, max_length=1000, description="its title or its address")
    start: int = Field(default=0, ge=0, lt=1_000_000, description="the number of its first passage to read, from 0")


class ReadDocument(Tool):
    """Reads a document passage by passage, where a search would give only those that have the words."""

    name = "read_document"
    description = "read a document of the library from one of its passages on, by its title or address"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = Place

    def __init__(self, library: LibraryPort) -> None:
        self._library = library

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        place = Place.model_validate(arguments.model_dump())
        sources = await self._library.sources(scope.namespace)
        source = _find(
            place.document, [one for one in sources if scope.snapshots is None or one.sha256 in scope.snapshots]
        )
        passages = await self._library.passages_of(scope.namespace, source.sha256)
        read = passages[place.start : place.start + scope.passages]
        if not read:
            return Outcome(ok=False, summary=f"{source.title} has {counted(len(passages), 'passage')}", untrusted=False)
        last = place.start + len(read)
        return Outcome(
            summary=f"passages {place.start} to {last - 1} of {len(passages)} of {source.title}", passages=read
        )


def _find(name: str, sources: Sequence[Source]) -> Source:
    key = name_key(name)
    for same in (lambda one: one.url == name, lambda one: one.title == name, lambda one: name_key(one.title) == key):
        found = [source for source in sources if same(source)]
        if found:
            return found[0]
    titles = ", ".join(source.title for source in sources[:_NAMED])
    raise NotFound(f"there is no document {name!r} here; there are {len(sources)}, such as: {titles or 'none'}")
