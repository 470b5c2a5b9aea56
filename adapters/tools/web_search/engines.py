"""Search engines, each in its own words."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, Field, SecretStr

from rookery.adapters.support.titles import as_title
from rookery.adapters.support.web.network import Network
from rookery.adapters.tools.markup import plain
from rookery.adapters.tools.pages import Hit
from rookery.adapters.tools.service import Service, ServiceError
from rookery.adapters.tools.web_search.settings import Name, Settings
from rookery.domain.errors import ConfigurationError, ToolError

_BRAVE_WORDS = 50  # that it takes of a query
_MOST = 10  # results that are asked for


class Engine(Protocol):
    """What finds pages."""

    async def search(self, query: str) -> list[Hit]:
        """Return what was found, best first.

        Raises:
            ToolError: the engine failed, refuses, or asks to wait.
        """
        ...


class _Result(BaseModel):
    """What an engine says of a page, by whichever name."""

    url: str = ""
    title: str | None = ""
    content: str | None = ""
    description: str | None = ""

    def hit(self) -> Hit:
        snippet = plain(self.content or self.description or "")
        return Hit(url=self.url, title=as_title(plain(self.title or "")), snippet=snippet)


class _Results(BaseModel):
    results: list[_Result] = Field(default=[])

    def hits(self) -> list[Hit]:
        return [result.hit() for result in self.results if result.url]


class _SearxngAnswer(_Results):
    results: list[_Result]
    unresponsive_engines: list[tuple[str, str]] = []


class Searxng(Engine):
    """https://docs.searxng.org/dev/search_api.html"""

    def __init__(self, network: Network, base_url: str) -> None:
        self._service = Service(network, base_url, name="SearXNG")

    async def search(self, query: str) -> list[Hit]:
        try:
            answer = await self._service.get_json("/search", {"q": query, "format": "json"}, _SearxngAnswer)
        except ServiceError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            told = 'SearXNG gives no JSON; put "json" under search.formats of its settings.yml'
            raise ToolError(told) from error
        if not answer.results and answer.unresponsive_engines:
            silent = ", ".join(f"{name}: {why}" for name, why in answer.unresponsive_engines)
            raise ToolError(f"none of the engines behind SearXNG answered ({as_title(silent)})", retryable=True)
        return answer.hits()


class _BraveAnswer(BaseModel):
    web: _Results = _Results()


class Brave(Engine):
    """https://api-dashboard.search.brave.com/app/documentation/web-search"""

    def __init__(self, network: Network, base_url: str, key: SecretStr) -> None:
        headers = {"X-Subscription-Token": key.get_secret_value(), "Accept": "application/json"}
        self._service = Service(network, base_url, name="Brave", headers=headers)

    async def search(self, query: str) -> list[Hit]:
        words = " ".join(query.split()[:_BRAVE_WORDS])
        asked: dict[str, str | int] = {"q": words, "count": _MOST, "text_decorations": "false"}
        try:
            return (await self._service.get_json("/res/v1/web/search", asked, _BraveAnswer)).web.hits()
        except ServiceError as error:
            if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                raise
            raise ToolError("Brave refuses the key or the query (status 422); check BRAVE_API_KEY") from error


class _TavilyQuestion(BaseModel):
    query: str
    max_results: int = _MOST


class _TavilyAnswer(_Results):
    results: list[_Result]


class Tavily(Engine):
    """https://docs.tavily.com/documentation/api-reference/endpoint/search"""

    def __init__(self, network: Network, base_url: str, key: SecretStr) -> None:
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"}
        self._service = Service(network, base_url, name="Tavily", headers=headers)

    async def search(self, query: str) -> list[Hit]:
        return (await self._service.post_json("/search", _TavilyQuestion(query=query), _TavilyAnswer)).hits()


class DuckDuckGo(Engine):
    """The results page without scripts. There is no API; the page may change, and says 202 to who asks too often."""

    def __init__(self, network: Network, base_url: str) -> None:
        self._service = Service(network, base_url, name="DuckDuckGo")

    async def search(self, query: str) -> list[Hit]:
        try:
            page = await self._service.get("/html/", {"q": query})
        except ServiceError as error:
            if error.status != HTTPStatus.ACCEPTED:
                raise
            raise ToolError("DuckDuckGo asks to wait: it takes Rookery for a robot", retryable=True) from error
        return _duckduckgo_hits(page)[:_MOST]


def _duckduckgo_hits(page: bytes) -> list[Hit]:
    from lxml import html  # type: ignore[import-untyped]

    tree = html.document_fromstring(page or b"<html/>", parser=html.HTMLParser(encoding="utf-8", no_network=True))
    results = tree.xpath("//div[contains(concat(' ', @class, ' '), ' result ')][not(contains(@class, 'result--ad'))]")
    hits: list[Hit] = []
    for result in results:
        links = result.xpath(".//a[contains(@class, 'result__a')]")
        snippet = "".join(result.xpath("string(.//*[contains(@class, 'result__snippet')])"))
        if links:
            url = _target(links[0].get("href", ""))
            hits.append(Hit(url=url, title=as_title(links[0].text_content()), snippet=" ".join(snippet.split())))
    if not hits and not tree.xpath("//*[contains(@class, 'no-results')]"):
        raise ToolError("DuckDuckGo gave a page that is not one of results; it may ask to wait", retryable=True)
    return [hit for hit in hits if hit.url]


def _target(href: str) -> str:
    """Return where a link leads that goes by way of DuckDuckGo."""
    wrapped = parse_qs(urlsplit(href).query).get("uddg")
    return wrapped[0] if wrapped else (f"https:{href}" if href.startswith("//") else href)


def _searxng(network: Network, settings: Settings) -> Engine:
    if settings.searxng.base_url is None:
        raise ConfigurationError("tools.web_search.searxng.base_url is not set: give the address of a SearXNG")
    return Searxng(network, settings.searxng.base_url)


def _brave(network: Network, settings: Settings) -> Engine:
    return Brave(network, settings.brave.base_url, _needed(settings.brave.api_key, "brave"))


def _tavily(network: Network, settings: Settings) -> Engine:
    return Tavily(network, settings.tavily.base_url, _needed(settings.tavily.api_key, "tavily"))


def _duckduckgo(network: Network, settings: Settings) -> Engine:
    return DuckDuckGo(network, settings.duckduckgo.base_url)


_MAKERS: Mapping[Name, Callable[[Network, Settings], Engine]] = {
    "searxng": _searxng,
    "brave": _brave,
    "tavily": _tavily,
    "duckduckgo": _duckduckgo,
}


def engines(network: Network, settings: Settings) -> dict[str, Engine]:
    """Return the engines by name, in the order in which they are asked.

    Raises:
        ConfigurationError: one of them lacks its address or key.
    """
    return {name: _MAKERS[name](network, settings) for name in settings.order}


def _needed(key: SecretStr | None, name: str) -> SecretStr:
    if key is None:
        raise ConfigurationError(f"tools.web_search.{name}.api_key is not set; {name.upper()}_API_KEY does it too")
    return key
