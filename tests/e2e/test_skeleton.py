"""The flow end to end, in a real Chromium, against dummy data."""

import re

import pytest
from playwright.sync_api import Page, expect

PAGES = ["", "runs", "memory", "sources", "agents", "models", "integrations", "approvals", "settings"]


@pytest.fixture
def dashboard(page: Page, server) -> Page:
    page.goto(f"{server.url}/#token={server.token}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


def test_a_question_becomes_an_answer_whose_citation_opens_the_source_at_the_quote(dashboard: Page):
    dashboard.get_by_label("Question").fill("Where do rooks nest?")
    dashboard.get_by_role("button", name="Start research").click()
    dashboard.wait_for_url(re.compile(r"/runs/.+"))
    answer = dashboard.get_by_role("region", name="Answer", exact=True)
    expect(answer).to_contain_text("Rooks nest together in the crowns of tall trees.")
    answer.get_by_role("button", name="Citation 1:").click()
    expect(dashboard.get_by_role("dialog").locator("mark")).to_have_text(
        "Rooks nest together in the crowns of tall trees."
    )


def test_an_earlier_run_is_listed_and_reopened(dashboard: Page):
    dashboard.get_by_role("link", name="Runs", exact=True).first.click()
    dashboard.locator('a[href*="/runs/"]').first.click()
    expect(dashboard.get_by_role("region", name="Answer", exact=True)).to_contain_text("Rooks nest together")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_stands_in_both_themes(dashboard: Page, server, path: str, theme):
    dashboard.emulate_media(color_scheme=theme)
    dashboard.goto(f"{server.url}/{path}")
    expect(dashboard.get_by_role("heading", level=1)).to_be_visible()


def test_without_a_token_the_dashboard_asks_for_one(page: Page, server):
    page.goto(server.url)
    expect(page.get_by_label("Token")).to_be_visible()
