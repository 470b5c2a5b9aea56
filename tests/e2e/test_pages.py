"""The main task of each page."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.dashboard import WORK_MS, Dashboard
from tests.support.server import ROOT, Server, copy_home, start_server
from tests.support.thinking_server import posts, thinking_server

FIRST, SECOND = "When was the observatory founded?", "Who founded the observatory?"
LIMIT = 200_000


@pytest.fixture(scope="module")
def asked(well_read_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server to which two questions were put."""
    with start_server(copy_home(well_read_home, tmp_path_factory.mktemp("asked") / "home")) as server:
        with httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client:
            for question in (FIRST, SECOND):
                started = client.post("/v1/research", json={"question": question, "depth": "quick"}).json()
                with client.stream("GET", started["events_url"]) as events:
                    events.read()
        yield server


def test_runs_are_searched_filtered_and_compared(page: Page, asked: Server):
    Dashboard(page, asked)
    page.goto(f"{asked.url}/runs")
    page.get_by_role("searchbox", name="Search questions").fill("who founded")
    expect(page.get_by_role("link", name=SECOND)).to_be_visible()
    expect(page.get_by_role("link", name=FIRST)).to_have_count(0)
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("who founded")
    page.get_by_role("searchbox").fill("")
    page.get_by_label("Filter by status").select_option("failed")
    expect(page.get_by_text("No run matches this filter.")).to_be_visible()
    page.get_by_label("Filter by status").select_option("")
    page.get_by_label(f"Compare: {FIRST}").check()
    page.get_by_label(f"Compare: {SECOND}").check()
    page.get_by_role("link", name="Compare the two").click()
    expect(page.get_by_role("link", name=FIRST)).to_be_visible()
    expect(page.get_by_role("link", name=SECOND)).to_be_visible()


@pytest.mark.parametrize(("name", "begins"), [("Markdown", f"# {FIRST}"), ("HTML", "<!doctype html>")])
def test_an_answer_is_saved_as_a_file(page: Page, asked: Server, name: str, begins: str):
    Dashboard(page, asked)
    page.goto(f"{asked.url}/runs")
    page.get_by_role("link", name=FIRST).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    assert download.value.path().read_text("utf-8").startswith(begins)


def test_a_printed_answer_holds_its_quotes_and_nothing_of_the_page_around_it(page: Page, asked: Server):
    dashboard = Dashboard(page, asked)
    page.goto(f"{asked.url}/runs")
    page.get_by_role("link", name=FIRST).click()
    expect(dashboard.answer).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("navigation")).to_have_count(0)
    expect(page.get_by_role("button", name="Markdown")).to_have_count(0)
    expect(page.get_by_role("complementary", name="Quotes by source")).to_be_visible()
    assert page.pdf().startswith(b"%PDF-")


def test_an_agent_is_given_a_task(page: Page, home: Path):
    with thinking_server(home, posts()) as server:
        Dashboard(page, server)
        page.goto(f"{server.url}/agents")
        page.get_by_role("button", name="Run clerk").click()
        page.get_by_role("textbox", name="Task").fill("Tell all that rooks nest in tall elms")
        page.get_by_role("button", name="Start", exact=True).click()
        page.wait_for_url(re.compile(r"/runs/.+"))
        expect(page.get_by_role("region", name="Permission for post_notice")).to_be_visible(timeout=WORK_MS)


def test_a_source_is_added_and_removed(page: Page, server: Server):
    Dashboard(page, server)
    page.goto(f"{server.url}/sources")
    page.get_by_label("File, folder or address").fill(str(ROOT / "docs" / "memory.md"))
    page.get_by_role("button", name="Add").click()
    row = page.get_by_role("row").filter(has_text="docs/memory.md")
    expect(row).to_be_visible(timeout=WORK_MS)
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove it").click()
    expect(row).to_have_count(0, timeout=WORK_MS)


def test_an_integration_that_is_not_set_up_says_what_to_do(page: Page, server: Server):
    Dashboard(page, server)
    page.goto(f"{server.url}/settings/integrations")
    expect(page.get_by_role("listitem").filter(has_text="GitHub").first).to_contain_text(
        re.compile("offline|token", re.I)
    )
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("button", name="Check again")).to_be_enabled()


def test_the_models_page_says_which_model_is_in_use(page: Page, server: Server):
    Dashboard(page, server)
    page.goto(f"{server.url}/models")
    expect(page.get_by_role("heading", name="Extractive")).to_contain_text("in use")


def test_the_settings_say_how_tokens_are_made_and_choose_a_theme(page: Page, server: Server):
    Dashboard(page, server)
    page.goto(f"{server.url}/settings")
    expect(page.get_by_text("rookery tokens create")).to_be_visible()
    page.get_by_role("radio", name="Dark").click()
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    page.reload()
    expect(page.locator("html")).to_have_class(re.compile("dark"))


def test_a_research_page_works_by_keyboard_alone(page: Page, server: Server):
    Dashboard(page, server)
    page.get_by_label("Question").focus()
    page.keyboard.type(FIRST)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/runs/.+"))
    mark = page.get_by_role("button", name="Citation 1:").first
    expect(mark).to_be_visible(timeout=WORK_MS)
    mark.focus()
    expect(page.get_by_role("tooltip")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").locator("mark")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(mark).to_be_focused()


def test_on_a_phone_no_page_is_wider_than_the_screen(page: Page, asked: Server):
    page.set_viewport_size({"width": 360, "height": 740})
    dashboard = Dashboard(page, asked)
    run = httpx.get(f"{asked.url}/v1/runs", headers=asked.headers).json()["items"][0]["id"]
    wide = {}
    views = [f"runs/{run}?view={view}" for view in ("agents", "timeline", "graph", "replay")]
    for path in ["", "runs", *views, "memory", "sources", "agents", "models", "integrations", "approvals", "settings"]:
        page.goto(f"{asked.url}/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        if path in views:
            dashboard.show_work()
        wide[path] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert {path: width for path, width in wide.items() if width > 0} == {}


def test_the_first_page_needs_little_javascript(page: Page, server: Server):
    scripts: dict[str, int] = {}
    page.on(
        "response",
        lambda answer: answer.url.endswith(".js") and scripts.update({answer.url: len(gzip.compress(answer.body()))}),
    )
    page.goto(server.url)
    expect(page.get_by_label("Token")).to_be_visible()
    page.goto(f"{server.url}/#token={server.token}")
    expect(page.get_by_label("Question")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert 0 < sum(scripts.values()) <= LIMIT
