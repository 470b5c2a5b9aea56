"""Papers by OpenAlex; by Crossref where OpenAlex fails or has nothing."""

from typing import Literal

from pydantic import BaseModel, Field

from rookery.adapters.support.web.network import Network
from rookery.adapters.tools.academic.crossref import search_crossref
from rookery.adapters.tools.academic.openalex import search_openalex
from rookery.adapters.tools.academic.papers import Paper, documents
from rookery.adapters.tools.academic.settings import AcademicSettings
from rookery.adapters.tools.addresses import Address
from rookery.adapters.tools.service import Service
from rookery.adapters.tools.web_search.tool import Query
from rookery.domain.errors import ToolError
from rookery.domain.ports.tool import Capture, Limits, Need, Outcome, Scope, Tool
from rookery.domain.text import counted


class Settings(AcademicSettings):
    """The section `[tools.search_papers]`."""

    openalex_url: Address = Field(default="https://api.openalex.org", description="of its API")
    crossref_url: Address = Field(default="https://api.crossref.org", description="asked where OpenAlex fails")
    results: int = Field(default=5, ge=1, le=50, description="that an agent is shown")


class SearchPapers(Tool):
    """Finds papers with authors, year, DOI and abstract."""

    name = "search_papers"
    description = "find scholarly papers of all fields, with authors, year, DOI and abstract"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = Query
    needs = frozenset({Need.NETWORK})
    limits = Limits(seconds=60)

    def __init__(self, settings: Settings, network: Network, capture: Capture) -> None:
        self._openalex = Service(network, settings.openalex_url, name="OpenAlex", headers=settings.headers)
        self._crossref = Service(network, settings.crossref_url, name="Crossref", headers=settings.headers)
        self._settings = settings
        self._capture = capture

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        query = Query.model_validate(arguments.model_dump()).query
        papers, catalogue, trouble = await self._found(query)
        passages = await self._capture(documents(papers, catalogue), query, limit=scope.passages) if papers else []
        summary = f"{counted(len(papers), 'paper')} found by {catalogue}"
        return Outcome(summary="; ".join(filter(None, [summary, trouble])), passages=passages)

    async def _found(self, query: str) -> tuple[list[Paper], str, str]:
        """Return papers, who lists them, and why it was not the first catalogue."""
        limit, contact = self._settings.results, self._settings.contact
        trouble = "OpenAlex found nothing"
        try:
            if papers := await search_openalex(self._openalex, query, limit=limit, contact=contact):
                return papers, "OpenAlex", ""
        except ToolError as error:
            trouble = str(error)
        try:
            papers = await search_crossref(self._crossref, query, limit=limit, contact=contact)
        except ToolError as error:
            raise ToolError(f"no catalogue answers: {trouble}; {error}", retryable=True) from error
        return papers, "Crossref", f"{trouble}, so Crossref was asked"
