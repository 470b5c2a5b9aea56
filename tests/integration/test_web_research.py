"""Whole runs that search the web, with nothing set but an engine."""

import pytest

from rookery.domain.events import ToolCalled, ToolReturned
from rookery.domain.runs import RunStatus
from rookery.testing.web import Entry, Searxng
from tests.support.colony import ask
from tests.support.tool_bench import a_container
from tests.support.web_server import WebServer

pytestmark = pytest.mark.anyio
QUESTION = "How tall is the lighthouse of Kittiwake Point?"
SENTENCE = "The lighthouse of Kittiwake Point is 41 metres tall."


@pytest.fixture
def searxng(web: WebServer):
    page = web.page("/light", f"<title>The light</title><p>{SENTENCE} It was lit in 1871 by two keepers.</p>")
    bad = Entry(web.page("/bad", b"\x00\x01", "image/png"), "The lighthouse", "A lighthouse of Kittiwake Point, tall.")
    with Searxng([Entry(page, "The light", SENTENCE), bad]) as engine:
        yield engine


def a_colony(home, web, searxng, *, offline=False):
    tools = {"web_search": {"searxng": {"base_url": searxng.url}}}
    return a_container(home, tools=tools, network={"allow_hosts": [web.host]}, offline=offline)


async def happened(container, run):
    events = await container.run_store().events(run.id)
    called = [event.tool for event in events if isinstance(event, ToolCalled)]
    return called, {event.tool: event.summary for event in events if isinstance(event, ToolReturned)}


async def test_with_an_engine_alone_the_web_is_searched_and_pages_are_cited(web, searxng, tmp_path) -> None:
    container = a_colony(tmp_path, web, searxng)
    run = await ask(container, QUESTION)
    assert run.status is RunStatus.SUCCEEDED
    assert run.result is not None
    [first, *_] = run.result.citations
    assert first.quote == SENTENCE
    assert first.url == f"{web.url}/light"
    snapshot = await container.snapshots().get(first.source_sha256)
    assert snapshot.text[first.start : first.end] == first.quote
    called, told = await happened(container, run)
    assert "web_search" in called
    assert "is image/png" in told["web_search"]


async def test_who_names_documents_gets_an_answer_from_these(web, searxng, tmp_path) -> None:
    container = a_colony(tmp_path / "home", web, searxng)
    (tmp_path / "notes.md").write_text("The pier of Kittiwake Point is long.")
    run = await ask(container, QUESTION, tmp_path / "notes.md")
    called, _ = await happened(container, run)
    assert "web_search" not in called
    assert searxng.asked == []


async def test_offline_nothing_is_searched(web, searxng, tmp_path) -> None:
    container = a_colony(tmp_path, web, searxng, offline=True)
    run = await ask(container, QUESTION)
    called, _ = await happened(container, run)
    assert "web_search" not in called
    assert (searxng.asked, web.asked) == ([], [])


async def test_an_agent_of_ones_own_that_is_to_search_the_web_says_when_it_is_offline(web, searxng, tmp_path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "scout.toml").write_text('goal = "Find it."\ntools = ["web_search"]\n')
    container = a_colony(tmp_path, web, searxng, offline=True)
    run = await ask(container, QUESTION, agent="scout")
    assert "works offline" in str(run.result.reflection_notes if run.result else run.error)
    assert searxng.asked == []


async def test_the_researcher_has_the_tools_and_the_file_of_a_researcher_goes_before_that(
    web, searxng, tmp_path
) -> None:
    assert a_colony(tmp_path, web, searxng).agents()["researcher"].tools[-2:] == ["web_search", "fetch_page"]
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "researcher.toml").write_text('tools = ["search_documents"]\n')
    container = a_colony(tmp_path, web, searxng)
    assert container.agents()["researcher"].tools == ["search_documents"]
    assert container.lineup().lent == []
