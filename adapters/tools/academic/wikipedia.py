"""Wikipedia, by the interface of MediaWiki: https://www.mediawiki.org/wiki/API:Search, Extension:TextExtracts."""

import asyncio
import re
from typing import Literal, TypeVar

from pydantic import BaseModel, Field

from rookery.adapters.support.titles import as_title
from rookery.adapters.support.web.network import Network
from rookery.adapters.tools.academic.settings import AcademicSettings
from rookery.adapters.tools.addresses import Address
from rookery.adapters.tools.service import Service
from rookery.adapters.tools.web_search.tool import Query
from rookery.domain.errors import ToolError
from rookery.domain.ports.tool import Capture, Limits, Need, Outcome, Scope, Tool
from rookery.domain.sources import Document
from rookery.domain.text import counted

_HEADING = re.compile(r"^(={2,6})\s*(.+?)\s*\1\s*$", re.MULTILINE)


class Settings(AcademicSettings):
    """The section `[tools.search_wikipedia]`."""

    base_url: Address = Field(default="https://en.wikipedia.org", description="of a language's Wikipedia")
    read: int = Field(default=2, ge=1, le=5, description="articles that are read")


class _Problem(BaseModel):
    code: str = ""
    info: str = ""


class _Answer(BaseModel):
    error: _Problem | None = None


A = TypeVar("A", bound=_Answer)


class _Found(BaseModel):
    title: str


class _Search(BaseModel):
    search: list[_Found] = []


class _SearchAnswer(_Answer):
    query: _Search = _Search()


class _Article(BaseModel):
    title: str
    fullurl: str = ""
    extract: str = ""


class _Articles(BaseModel):
    pages: list[_Article] = []


class _ArticleAnswer(_Answer):
    query: _Articles = _Articles()


class SearchWikipedia(Tool):
    """Finds articles and reads the text of the best ones."""

    name = "search_wikipedia"
    description = "find articles of Wikipedia and read the passages that suit a query"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = Query
    needs = frozenset({Need.NETWORK})
    limits = Limits(seconds=90)

    def __init__(self, settings: Settings, network: Network, capture: Capture) -> None:
        self._service = Service(network, settings.base_url, name="Wikipedia", headers=settings.headers)
        self._capture = capture
        self._read = settings.read

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        query = Query.model_validate(arguments.model_dump()).query
        found = await self._ask(
            {"list": "search", "srsearch": query, "srlimit": self._read, "srprop": ""}, _SearchAnswer
        )
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._article(one.title)) for one in found.query.search[: self._read]]
        read = [task.result() for task in tasks]
        articles = [article for article in read if isinstance(article, Document)]
        trouble = [str(error) for error in read if isinstance(error, ToolError)]
        passages = await self._capture(articles, query, limit=scope.passages) if articles else []
        titles = ", ".join(article.title for article in articles)
        told = f"{counted(len(passages), 'passage')} of {titles}" if articles else "no article was found"
        return Outcome(summary="; ".join([told, *trouble]), passages=passages)

    async def _article(self, title: str) -> Document | ToolError | None:
        """Return the text of one article, or why it cannot be had; MediaWiki gives one whole text at a time."""
        asked: dict[str, str | int] = {
            "prop": "extracts|info", "inprop": "url", "explaintext": 1, "exsectionformat": "wiki", "redirects": 1,
            "titles": title,
        }  # fmt: skip
        try:
            answer = await self._ask(asked, _ArticleAnswer)
        except ToolError as error:
            return error
        article = next(iter(answer.query.pages), None)
        if article is None or not article.extract.strip() or not article.fullurl:
            return None
        text = _HEADING.sub(lambda mark: f"{'#' * len(mark[1])} {mark[2]}", article.extract)
        return Document(
            url=article.fullurl,
            title=as_title(f"{article.title} (Wikipedia)"),
            media_type="text/markdown",
            text=f"# {article.title}\n\n{text}",
            size=len(article.extract.encode("utf-8")),
        )

    async def _ask(self, asked: dict[str, str | int], answer: type[A]) -> A:
        fixed: dict[str, str | int] = {"action": "query", "format": "json", "formatversion": 2, "maxlag": 5}
        got = await self._service.get_json("/w/api.php", fixed | asked, answer)
        if got.error is not None:
            waits = got.error.code in {"maxlag", "ratelimited"}
            told = f"asks to wait ({got.error.code})" if waits else f"refuses: {as_title(got.error.info)}"
            raise ToolError(f"Wikipedia {told}", retryable=waits)
        return got
