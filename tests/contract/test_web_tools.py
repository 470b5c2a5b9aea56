"""The contract of tools, over every one that is registered and reaches the web or nothing."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from rookery.domain.errors import RookeryError
from rookery.domain.ports.tool import Need
from rookery.entrypoints import plugins
from rookery.testing.tools import ToolBench, ToolContract
from rookery.testing.web import Arxiv, Crossref, Entry, OpenAlex, Searxng, Wikipedia
from tests.support.tool_bench import a_bench, a_container
from tests.support.web_server import WebServer

ROOKS = "Rooks nest in tall elms. They return to the same trees each spring. " * 3
ARGUMENTS = {
    "calculate": {"expression": "15% of 80"},
    "search_arxiv": {"query": "Where do rooks nest?"},
    "search_papers": {"query": "Where do rooks nest?"},
    "search_wikipedia": {"query": "Where do rooks nest?"},
    "web_search": {"query": "Where do rooks nest?"},
}


@pytest.fixture
def world(web: WebServer) -> Iterator[dict[str, dict[str, object]]]:
    """The settings of tools that lead to services on the loopback."""
    page = web.page("/rooks", f"<title>Rooks</title><p>{ROOKS}</p>")
    paper = Entry("https://arxiv.org/abs/2601.00001", "Rooks", ROOKS, ("A. Corbie", "B. Crow"), 2026, "10.1/rooks")
    with ExitStack() as stack:
        searxng = stack.enter_context(Searxng([Entry(page, "Rooks", ROOKS)]))
        wikipedia = stack.enter_context(Wikipedia([Entry("https://en.wikipedia.org/wiki/Rook", "Rook", ROOKS)]))
        arxiv, openalex, crossref = (stack.enter_context(kind([paper])) for kind in (Arxiv, OpenAlex, Crossref))
        yield {
            "web_search": {"searxng": {"base_url": searxng.url}},
            "search_wikipedia": {"base_url": wikipedia.url},
            "search_arxiv": {"base_url": arxiv.url},
            "search_papers": {"openalex_url": openalex.url, "crossref_url": crossref.url},
        }


@pytest.mark.parametrize("name", [*ARGUMENTS, "fetch_page"])
class TestTools(ToolContract):
    @pytest.fixture
    def bench(self, name, world, web, tmp_path) -> ToolBench:
        arguments = ARGUMENTS.get(name, {"url": f"{web.url}/rooks", "query": "nests"})
        container = a_container(tmp_path, tools=world, network={"allow_hosts": [web.host]})
        return a_bench(container, name, arguments)

    @pytest.mark.anyio
    async def test_offline_it_says_so_and_reaches_nothing(self, name, bench, world, web, tmp_path) -> None:
        if Need.NETWORK not in bench.tool.needs:
            return
        container = a_container(tmp_path / "other", offline=True, tools=world, network={"allow_hosts": [web.host]})
        closed = a_bench(container, name)
        with pytest.raises(RookeryError, match=r"works offline.*--offline"):
            await closed.call(bench.arguments[0])
        assert web.asked == []


def test_none_that_reaches_the_web_is_left_out() -> None:
    web = {name for name, entry in plugins.available("tools").items() if "adapters.tools.academic" in entry.value}
    assert web | {"calculate", "fetch_page", "web_search"} == {*ARGUMENTS, "fetch_page"}
