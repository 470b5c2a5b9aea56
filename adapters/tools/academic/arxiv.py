"""Preprints of arXiv, by its Atom interface: https://info.arxiv.org/help/api/user-manual.html"""

import re
from typing import Any, Literal

from pydantic import BaseModel, Field

from rookery.adapters.support.safe_xml import parse_xml
from rookery.adapters.support.web.network import Network
from rookery.adapters.tools.academic.papers import Paper, documents
from rookery.adapters.tools.academic.settings import AcademicSettings
from rookery.adapters.tools.addresses import Address
from rookery.adapters.tools.service import Service
from rookery.adapters.tools.web_search.tool import Query
from rookery.domain.errors import SourceError, ToolError
from rookery.domain.ports.tool import Capture, Limits, Need, Outcome, Scope, Tool
from rookery.domain.text import counted, words

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_VERSION = re.compile(r"v\d+$")
_LITTLE = re.compile(
    r"an?|and|are|as|at|by|did|do|does|for|from|how|in|is|it|of|on|or|the|to|was|were|what|when|where|which|who|why|with",
    re.IGNORECASE,
)


class Settings(AcademicSettings):
    """The section `[tools.search_arxiv]`."""

    base_url: Address = Field(default="https://export.arxiv.org", description="of its API")
    results: int = Field(default=5, ge=1, le=50, description="that an agent is shown")


class SearchArxiv(Tool):
    """Finds preprints by the words of title, abstract and authors."""

    name = "search_arxiv"
    description = "find preprints of physics, mathematics, computing and biology on arXiv, with abstracts"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = Query
    needs = frozenset({Need.NETWORK})
    limits = Limits(seconds=60)

    def __init__(self, settings: Settings, network: Network, capture: Capture) -> None:
        self._service = Service(network, settings.base_url, name="arXiv", headers=settings.headers)
        self._capture = capture
        self._results = settings.results

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        query = Query.model_validate(arguments.model_dump()).query
        asked: dict[str, str | int] = {
            "search_query": _expression(query), "start": 0, "max_results": self._results, "sortBy": "relevance",
        }  # fmt: skip
        papers = _papers(await self._service.get("/api/query", asked))
        passages = await self._capture(documents(papers, "arXiv"), query, limit=scope.passages) if papers else []
        return Outcome(summary=f"{counted(len(papers), 'preprint')} found on arXiv", passages=passages)


def _expression(query: str) -> str:
    found = [word.group() for word in words(query)]
    telling = [word for word in found if not _LITTLE.fullmatch(word)] or found or [query]
    return " OR ".join(f'all:"{word}"' for word in telling)


def _papers(feed: bytes) -> list[Paper]:
    try:
        root = parse_xml(feed, "the answer of arXiv")
    except SourceError as error:
        raise ToolError(str(error), retryable=True) from error
    if root.tag != f"{_ATOM}feed":
        raise ToolError("arXiv gives an answer that is not one of its own; check its address")
    return [_paper(entry) for entry in root.iterchildren(f"{_ATOM}entry")]


def _paper(entry: Any) -> Paper:
    address = _text(entry, f"{_ATOM}id")
    if "/api/errors" in address:
        raise ToolError(f"arXiv refuses the query: {_text(entry, f'{_ATOM}summary')}")
    published = _text(entry, f"{_ATOM}published")[:4]
    names = (_text(author, f"{_ATOM}name") for author in entry.iterchildren(f"{_ATOM}author"))
    return Paper(
        url=_VERSION.sub("", address).replace("http://", "https://", 1),
        title=_text(entry, f"{_ATOM}title"),
        authors=[name for name in names if name],
        year=int(published) if published.isdigit() else None,
        venue=_text(entry, f"{_ARXIV}journal_ref"),
        doi=_text(entry, f"{_ARXIV}doi"),
        abstract=_text(entry, f"{_ATOM}summary"),
    )


def _text(element: Any, tag: str) -> str:
    return " ".join((element.findtext(tag) or "").split())
