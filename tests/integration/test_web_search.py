"""Searching the web: engines on the wire, one that stands in for another, results that are read through the guard."""

import pytest

from rookery.domain.errors import ConfigurationError, ToolError
from rookery.testing.web import Brave, DuckDuckGo, Entry, Searxng, Tavily
from tests.support.tool_bench import a_bench, a_container, a_tool
from tests.support.web_server import WebServer

pytestmark = pytest.mark.anyio
ELMS = "Rooks nest in tall elms by the river, and they return to the same trees each spring."
QUESTION = {"query": "Where do rooks nest?"}


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BRAVE_API_KEY", "TAVILY_API_KEY", "SEARXNG_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def entries(web: WebServer) -> list[Entry]:
    """A result whose page says more than its snippet."""
    address = web.page("/rooks", f"<title>Rooks of the parish</title><p>{ELMS * 3}</p>")
    return [Entry(address, "Rooks of the parish", "Rooks & elms, in short.")]


def bench(tmp_path, web: WebServer, **settings):
    container = a_container(tmp_path, tools={"web_search": settings}, network={"allow_hosts": [web.host]})
    return a_bench(container, "web_search", QUESTION)


def settings_of(engine) -> dict[str, dict[str, str]]:
    keyed = {"api_key": engine.key} if isinstance(engine, Brave | Tavily) else {}
    return {type(engine).__name__.lower(): {"base_url": engine.url, **keyed}}


@pytest.mark.parametrize("kind", [Searxng, Brave, Tavily, DuckDuckGo])
async def test_the_best_results_are_read_and_can_be_cited(kind, entries, web, tmp_path) -> None:
    with kind(entries) as engine:
        name = kind.__name__.lower()
        found = await bench(tmp_path, web, engines=[name], **settings_of(engine)).call(QUESTION)
    assert found.summary == f"1 passage; 1 of 1 result of {name} read"
    [passage] = found.passages
    assert passage.url == entries[0].url
    assert "return to the same trees" in passage.text
    assert passage.title == "Rooks of the parish"
    assert engine.asked[0].headers["user-agent"].startswith("Rookery/")
    assert found.untrusted


async def test_an_advertisement_is_no_result_and_wrapped_addresses_are_unwrapped(entries, web, tmp_path) -> None:
    with DuckDuckGo(entries) as engine:
        await bench(tmp_path, web, engines=["duckduckgo"], **settings_of(engine)).call(QUESTION)
    assert [asked.path for asked in web.asked] == ["/rooks"]


@pytest.mark.parametrize(
    ("status", "headers", "why"),
    [
        (429, {"Retry-After": "7"}, "SearXNG asks to wait for 7 seconds"),
        (503, {}, "SearXNG asks to wait"),
        (500, {}, "SearXNG answers with status 500"),
        (403, {}, 'put "json" under search.formats'),
        (200, {}, "not one of its own"),
    ],
)
async def test_an_engine_that_fails_hands_over_and_the_summary_says_so(
    status, headers, why, entries, web, tmp_path
) -> None:
    with Searxng(entries) as first, Brave(entries) as second:
        first.refuse_next(status, headers, b"<html>")
        both = {**settings_of(first), **settings_of(second)}
        found = await bench(tmp_path, web, **both).call(QUESTION)
        again = await bench(tmp_path / "again", web, **both).call(QUESTION)
    assert found.summary.startswith("1 passage; 1 of 1 result of brave read; ")
    assert why in found.summary
    assert found.summary.endswith(", so brave was asked")
    assert again.summary == "1 passage; 1 of 1 result of searxng read"


async def test_the_order_is_that_of_the_settings(entries, web, tmp_path) -> None:
    with Searxng(entries) as searxng, Tavily(entries) as tavily:
        settings = {**settings_of(searxng), **settings_of(tavily)}
        await bench(tmp_path, web, engines="tavily, searxng", **settings).call(QUESTION)
    assert (len(tavily.asked), len(searxng.asked)) == (1, 0)


async def test_when_none_answers_the_agent_is_told_why(entries, web, tmp_path) -> None:
    with (
        Brave(entries, key="right") as brave,
        DuckDuckGo() as duck,
        Searxng(unresponsive=[("google", "CAPTCHA")]) as sx,
    ):
        duck.take_for_robot()
        settings = {**settings_of(brave), **settings_of(duck), **settings_of(sx)}
        settings["brave"]["api_key"] = "wrong"
        with pytest.raises(ToolError) as caught:
            await bench(tmp_path, web, engines=["brave", "duckduckgo", "searxng"], **settings).call(QUESTION)
    assert "check BRAVE_API_KEY" in str(caught.value)
    assert "takes Rookery for a robot" in str(caught.value)
    assert "google: CAPTCHA" in str(caught.value)
    assert "wrong" not in str(caught.value)


async def test_an_engine_that_is_gone_is_told(web, tmp_path) -> None:
    with Searxng() as engine:
        settings = settings_of(engine)
    with pytest.raises(ToolError, match="SearXNG cannot be reached"):
        await bench(tmp_path, web, **settings).call(QUESTION)


async def test_nothing_found_is_said(web, tmp_path) -> None:
    with Searxng() as engine:
        found = await bench(tmp_path, web, **settings_of(engine)).call(QUESTION)
    assert (found.summary, found.passages) == ("searxng found nothing", [])


async def test_where_a_page_cannot_be_read_its_snippet_stands_in_and_says_so(entries, web, tmp_path) -> None:
    gone = Entry(f"{web.url}/gone", "Rooks gone", "Rooks nest no more in these elms.")
    with Searxng([*entries, gone]) as engine:
        tried = bench(tmp_path, web, **settings_of(engine))
        found = await tried.call(QUESTION)
    assert "1 of 2 results of searxng read" in found.summary
    assert f"there is no page at {web.url}/gone" in found.summary
    snippet = next(passage for passage in found.passages if passage.url == gone.url)
    assert snippet.title == "Rooks gone (snippet by searxng; the page was not read)"
    assert tried.snapshots is not None
    assert (await tried.snapshots.get(snippet.sha256)).text == "Rooks nest no more in these elms."


@pytest.mark.parametrize(
    "address",
    ["http://169.254.169.254/latest/", "http://127.0.0.1/", "file:///etc/passwd", "javascript:x", "http://[::1]/"],
)
async def test_a_result_that_leads_inside_is_not_read(address, web, tmp_path) -> None:
    with Searxng([Entry(address, "Rooks", "Rooks nest here.")]) as engine:
        found = await bench(tmp_path, web, **settings_of(engine)).call(QUESTION)
    assert "0 of 1 result of searxng read" in found.summary
    assert "is not fetched" in found.summary
    assert all("the page was not read" in passage.title for passage in found.passages)


async def test_the_engine_itself_cannot_send_us_inside(web, tmp_path) -> None:
    with Searxng() as engine:
        engine.refuse_next(302, {"Location": web.page("/secrets", "secret")})
        container = a_container(tmp_path, tools={"web_search": settings_of(engine)})
        with pytest.raises(ToolError, match="not fetched"):
            await a_bench(container, "web_search").call(QUESTION)
    assert web.asked == []


async def test_as_many_results_are_read_as_the_settings_say(web, tmp_path) -> None:
    entries = [Entry(web.page(f"/{n}", f"<p>{ELMS} Tree {n}.</p>"), f"Tree {n}", ELMS) for n in range(6)]
    with Searxng(entries) as engine:
        await bench(tmp_path, web, read=2, **settings_of(engine)).call(QUESTION)
        assert sorted(asked.path for asked in web.asked) == ["/0", "/1"]
        listed = await bench(tmp_path / "none", web, read=0, **settings_of(engine)).call(QUESTION)
    assert f"Tree 5: {entries[5].url}" in listed.text


def test_without_an_engine_there_is_no_such_tool(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match=r"set tools\.web_search\.searxng\.base_url, BRAVE_API_KEY"):
        a_tool(a_container(tmp_path), "web_search")


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ({"engines": ["brave"]}, "BRAVE_API_KEY does it too"),
        ({"engines": ["searxng"]}, r"searxng\.base_url is not set"),
        ({"engines": ["altavista"]}, r"\[tools\.web_search\] are wrong: engines"),
        ({"searxng": {"base_url": "ftp://x"}}, "give an address like http"),
        ({"searxng": {"base_url": "http://me:secret@x"}}, "without a name, password or query"),
    ],
)
def test_what_is_wrong_in_the_settings_is_named(section, complaint, tmp_path) -> None:
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        a_tool(a_container(tmp_path, tools={"web_search": section}), "web_search")
    assert "secret" not in str(caught.value)


def test_keys_and_addresses_of_the_environment_count(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TAVILY_API_KEY", "tvly-secret-of-ours")
    monkeypatch.setenv("SEARXNG_URL", "http://localhost:8888/")
    from rookery.adapters.tools.web_search.settings import Settings

    settings = Settings()
    assert settings.order == ("searxng", "tavily")
    assert settings.searxng.base_url == "http://localhost:8888"
    assert "tvly-secret-of-ours" not in repr(settings)


async def test_doctor_says_which_engines_answer(entries, tmp_path) -> None:
    from rookery.entrypoints.diagnosis import diagnose

    async def finding(home, **sections):
        found = await diagnose(a_container(tmp_path / home, **sections))
        return next((one.state, one.detail) for one in found if one.name == "web search")

    with Searxng(entries) as searxng, Brave(entries) as brave:
        brave.refuse_next(429)
        both = {"web_search": {**settings_of(searxng), **settings_of(brave)}}
        state, detail = await finding("both", tools=both)
        assert (state, detail) == ("ok", "searxng: answers; brave: Brave asks to wait (status 429)")
    assert (await finding("gone", tools=both))[0] == "broken"
    assert "no engine is set" in (await finding("none"))[1]
    assert await finding("offline", tools=both, offline=True) == ("missing", "Rookery works offline")
