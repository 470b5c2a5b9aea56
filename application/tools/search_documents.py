"""Searching the library."""

from typing import Literal

from pydantic import BaseModel, Field

from rookery.application.retrieval import SearchPassages
from rookery.domain.frozen import Frozen
from rookery.domain.ports.tool import Outcome, Scope, Tool


class Query(Frozen):
    """What to look for."""

    query: str = Field(min_length=1, max_length=400)


class SearchDocuments(Tool):
    """Finds passages of the documents of a run."""

    name = "search_documents"
    description = "find passages of the documents by words and by meaning"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = Query

    def __init__(self, search: SearchPassages) -> None:
        self._search = search

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        query = Query.model_validate(arguments.model_dump()).query
        hits = await self._search(scope.namespace, query, limit=scope.passages, snapshots=scope.snapshots)
        documents = len({hit.passage.sha256 for hit in hits})
        summary = f"{len(hits)} passages from {documents} documents" if hits else "nothing found"
        return Outcome(summary=summary, passages=[hit.passage for hit in hits])
