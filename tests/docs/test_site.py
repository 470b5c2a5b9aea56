"""The site of the documentation, as it is built and as a browser shows it."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from infra.docs import __main__ as builder
from infra.docs.checking import Site
from infra.docs.reference import cli, settings
from infra.docs.staging import StagingError, fitted, place_of
from tests.support.doc_blocks import all_blocks, blocks_of


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return builder.build(tmp_path_factory.mktemp("docs"))


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page of a browser that counts whatever it asks of another place, and all errors."""
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(f"error: {error}"))
    yield page
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    page.close()


def test_all_pages_are_built_and_no_link_leads_nowhere(site: Path) -> None:
    """`build` raises for any fault; here is what it must have looked at."""
    pages = Site(site).pages
    assert len(pages) > 50
    assert sum(len(page.links) for page in pages.values()) > 1000


@pytest.mark.parametrize("file", sorted({block.page for block in all_blocks("mermaid")}))
def test_diagrams_are_drawn_without_the_internet(page: Page, address: str, file: str) -> None:
    """One that cannot be read stays as it is, and is an error of the page."""
    name = (place_of(file) or "").removesuffix(".md")
    page.goto(f"{address}/{name}.html")
    page.wait_for_function("document.querySelectorAll('pre.mermaid').length === 0", timeout=10_000)
    assert page.locator("div.mermaid").count() == sum(block.language == "mermaid" for block in blocks_of(file))


def test_the_search_finds_a_setting(page: Page, address: str) -> None:
    page.goto(f"{address}/index.html")
    page.keyboard.press("/")
    page.locator("input:focus").press_sequentially("half_life_days")
    page.locator("ol a", has_text="half_life_days").first.wait_for()


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<a href="nowhere.html">x</a>', "nowhere.html leads nowhere"),
        ('<a href="#nowhere">x</a>', "has no such place"),
        ('<script src="https://cdn.example/x.js"></script>', "fetches https://cdn.example/x.js"),
        ('<link rel="stylesheet" href="//fonts.example/x.css">', "fetches //fonts.example/x.css"),
        ('<img src="missing.png">', "missing.png is not there"),
        ("<p>Of these:\n- one\n- two</p>", "looks like Markdown"),
    ],
)
def test_a_fault_of_a_page_is_found(tmp_path: Path, html: str, fault: str) -> None:
    (tmp_path / "page.html").write_text(f"<html>{html}</html>")
    [found] = Site(tmp_path).faults()
    assert fault in found


def test_a_style_sheet_that_fetches_is_found(tmp_path: Path) -> None:
    (tmp_path / "x.css").write_text("@import url('https://fonts.example/a.css');")
    assert Site(tmp_path).faults() == ["x.css: fetches https://fonts.example/a.css"]


def test_a_link_to_what_is_not_there_stops_the_build() -> None:
    with pytest.raises(StagingError, match=r"docs/memory\.md: there is no docs/nowhere\.md"):
        fitted("see [this](nowhere.md)", "memory.md", "")


def test_files_of_the_repository_are_linked_where_it_is_known_and_named_where_not() -> None:
    text = "see [the file](../Dockerfile) and [the changes](../CHANGELOG.md)"
    assert fitted(text, "memory.md", "") == "see the file and [the changes](project/changelog.md)"
    known = fitted(text, "memory.md", "https://git.example/o/r/blob/main")
    assert known.startswith("see [the file](https://git.example/o/r/blob/main/Dockerfile)")


def test_blocks_of_code_stay_as_they_are() -> None:
    text = "<!-- gone -->\n```md\n[x](nowhere.md) <!-- stays -->\n```\n"
    assert fitted(text, "memory.md", "") == "```md\n[x](nowhere.md) <!-- stays -->\n```\n"


def test_a_page_that_is_not_in_the_navigation_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "lost.md").write_text("# Lost\n")
    with pytest.raises(StagingError, match=r"infra/docs/zensical.toml: lost.md"):
        builder._refuse_lost_pages(tmp_path)


def test_each_setting_and_each_argument_has_a_meaning() -> None:
    told = [(section, *row) for section, model in settings.sections() for row in settings.rows(section, model)]
    assert len(told) > 150
    assert [row for row in told if not row[-1]] == []
    assert [(words, one.name) for words, command in cli.commands() for one in command.params if not one.help] == []


def test_the_reference_knows_what_the_code_has(site: Path) -> None:
    told = {name: (site / "reference" / f"{name}.html").read_text("utf-8") for name in ("cli", "settings", "errors")}
    assert "rookery memory sync" in told["cli"]
    assert "ROOKERY_VECTOR_STORES__PINECONE__API_KEY" in told["settings"]
    assert "ContextOverflow" in told["errors"]
