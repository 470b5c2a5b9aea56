"""The dashboard in a real Chromium."""

import tempfile
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.dashboard import Dashboard
from tests.support.server import ROOT, Server

PAGES = ["", "runs", "memory", "sources", "agents", "models", "integrations", "approvals", "settings"]


def test_without_a_token_the_dashboard_asks_for_one(page: Page, server: Server):
    page.goto(server.url)
    expect(page.get_by_label("Token")).to_be_visible()


def test_the_token_of_the_link_disappears_from_the_address_bar(page: Page, server: Server):
    Dashboard(page, server)
    assert server.token not in page.url


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_by_its_address_with_a_heading(page: Page, server: Server, path: str):
    Dashboard(page, server)
    page.goto(f"{server.url}/{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_nothing_is_fetched_from_elsewhere(page: Page, server: Server):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    Dashboard(page, server)
    for path in PAGES:
        page.goto(f"{server.url}/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert asked
    assert {url for url in asked if not url.startswith((server.url, "data:", "blob:"))} == set()


def test_markup_in_a_document_is_shown_as_text_and_runs_nothing(page: Page, server: Server):
    markup = "<img src=/x onerror=window.hacked=1><script>window.hacked=1</script>"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with tempfile.TemporaryDirectory(dir=ROOT / "tests", prefix=".e2e-") as folder:
        note = Path(folder) / "note.md"
        note.write_text(f"# Rooks {markup}\n\nThe rooks of Ashby nest in tall elms {markup} every spring.\n")
        dashboard = Dashboard(page, server)
        dashboard.ask("Where do the rooks of Ashby nest?", note)
        expect(dashboard.answer).to_contain_text("onerror=window.hacked=1")
        dashboard.open_quote(1)
        expect(dashboard.highlight).to_contain_text("<script>")
    assert page.evaluate("window.hacked") is None
    assert f"{server.url}/x" not in asked


def test_the_description_of_the_api_needs_no_internet(page: Page, server: Server):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}/docs")
    expect(page.get_by_text("/v1/research")).to_be_visible()
    assert {url for url in asked if not url.startswith((server.url, "data:"))} == set()


def test_the_dashboard_may_load_from_its_own_server_only(server: Server):
    policy = httpx.get(server.url).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
