"""The dashboard in a real Chromium."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.dashboard import Dashboard
from tests.support.server import Server

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
