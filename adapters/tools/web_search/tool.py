"""Searching the web: the first engine that answers, and the best of its results read."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field

from rookery.adapters.support.web.network import Network
from rookery.adapters.tools.pages import Gathered, Hit, Pages
from rookery.adapters.tools.web_search.engines import Engine, engines
from rookery.adapters.tools.web_search.settings import Settings
from rookery.domain.errors import ConfigurationError, ToolError
from rookery.domain.frozen import Frozen
from rookery.domain.ports.reader import DocumentReaderPort
from rookery.domain.ports.tool import Capture, Limits, Need, Outcome, Scope, Tool
from rookery.domain.text import counted


class Query(Frozen):
    """What to look for."""

    query: str = Field(min_length=1, max_length=400)


class WebSearch(Tool):
    """Finds pages by a search engine and reads the best of them.

    Args:
        settings: which engines, in which order.
        network: the way to them.
        pages: reads pages of the web, through the guard.
        capture: keeps what was read.
    """

    name = "web_search"
    description = "search the web and read the best results"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = Query
    needs = frozenset({Need.NETWORK})
    limits = Limits(seconds=120)

    def __init__(self, settings: Settings, network: Network, pages: DocumentReaderPort, capture: Capture) -> None:
        self._engines = engines(network, settings)
        self._pages = Pages(pages, capture)
        self._read = settings.read
        if not self._engines:
            raise ConfigurationError(
                "web_search has no engine: set tools.web_search.searxng.base_url, BRAVE_API_KEY or TAVILY_API_KEY,"
                ' or tools.web_search.engines = ["duckduckgo"]'
            )

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        query = Query.model_validate(arguments.model_dump()).query
        engine, hits, failures = await first_answer(self._engines, query)
        handed_over = [f"{failure}, so {engine} was asked" for failure in failures[-1:]]
        trouble = [*failures[:-1], *handed_over]
        if not hits:
            return Outcome(summary="; ".join([f"{engine} found nothing", *trouble]))
        gathered = await self._pages.gather(hits[: self._read], query, engine=engine, limit=scope.passages)
        return Outcome(
            summary="; ".join([_told(gathered, hits, engine), *trouble, *gathered.failures]),
            passages=gathered.passages,
            text="" if gathered.passages else _listed(hits),
        )

    async def check(self) -> dict[str, str | None]:
        """Ask each engine for something harmless; return what it failed with by its name, None where it answered."""
        return {name: await _failure(engine) for name, engine in self._engines.items()}


async def first_answer(engines: Mapping[str, Engine], query: str) -> tuple[str, list[Hit], list[str]]:
    """Return the first engine that answers, what it found, and what those before it failed with.

    Raises:
        ToolError: none answers.
    """
    failures: list[str] = []
    for name, engine in engines.items():
        try:
            return name, await engine.search(query), failures
        except ToolError as error:
            failures.append(str(error))
    raise ToolError(f"no search engine answers: {'; '.join(failures)}", retryable=True)


async def _failure(engine: Engine) -> str | None:
    try:
        await engine.search("kittiwake")
    except ToolError as error:
        return str(error)
    return None


def _told(gathered: Gathered, hits: list[Hit], engine: str) -> str:
    passages = counted(len(gathered.passages), "passage")
    return f"{passages}; {gathered.read} of {counted(len(hits), 'result')} of {engine} read"


def _listed(hits: list[Hit]) -> str:
    return "\n".join(f"{hit.title}: {hit.url}\n{hit.snippet}" for hit in hits)
