"""axe finds nothing on any page, in either theme."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.dashboard import WORK_MS, Dashboard
from tests.support.server import CORPUS, ROOT, Server
from tests.support.thinking_server import posts, thinking_server

PAGES = ["", "runs", "memory", "sources", "agents", "models", "integrations", "approvals", "settings", "nowhere"]
AXE = (ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def violations(page: Page) -> list[str]:
    """Return what axe finds, of whatever level, with the elements."""
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document)")
    return [f"{violation['id']}: {[node['html'] for node in violation['nodes']]}" for violation in found["violations"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_violation(page: Page, server: Server, theme):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    Dashboard(page, server)
    found = {}
    for path in PAGES:
        page.goto(f"{server.url}/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        found[path] = violations(page)
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_answer_and_its_opened_source_have_no_violation(page: Page, server: Server, theme):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    dashboard = Dashboard(page, server)
    dashboard.ask("When was the observatory founded?", CORPUS)
    assert violations(page) == []
    dashboard.show_work()
    for view in ("Timeline", "Graph", "Replay", "Agents"):
        page.get_by_role("radio", name=view).click()
        expect(page.get_by_role("radio", name=view)).to_be_checked()
        page.wait_for_load_state("networkidle")
        assert (view, violations(page)) == (view, [])
    page.goto(f"{server.url}/runs/compare?one={dashboard.run_id}&other={dashboard.run_id}")
    expect(page.get_by_role("heading", name="Claims").first).to_be_visible()
    assert violations(page) == []
    page.go_back()
    dashboard.open_quote(1)
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_memory_page_with_all_that_opens_on_it_has_no_violation(page: Page, server: Server, theme):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    memory = {
        "namespace": "accessibility",
        "content": "\n".join(["The gulls came late, and the key was ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8", *"abcdefgh"]),
        "tags": ["speaker:Ann", "birds"],
        "source": "https://example.org/report",
        "key": theme,
    }
    httpx.post(f"{server.url}/v1/memories", json=memory, headers=server.headers, timeout=60).raise_for_status()
    Dashboard(page, server)
    page.goto(f"{server.url}/memory?namespace=accessibility&tag=birds&q=late+gulls")
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("button", name="Why").first.click()
    expect(page.get_by_role("table").first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="History").first.click()
    expect(page.get_by_role("dialog").get_by_role("article")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add a memory").click()
    expect(page.get_by_label("Content")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Forget:").first.click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_run_that_asks_for_permission_has_no_violation(page: Page, home: Path, theme):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    with thinking_server(home, posts()) as server:
        dashboard = Dashboard(page, server)
        dashboard.give("clerk", "Tell all that rooks nest in tall elms")
        expect(page.get_by_role("button", name="Approve")).to_be_visible(timeout=WORK_MS)
        assert violations(page) == []
        page.goto(f"{server.url}/approvals")
        expect(page.get_by_role("button", name="Approve")).to_be_visible()
        assert violations(page) == []
        page.goto(f"{server.url}/agents")
        page.get_by_role("button", name="Run clerk").click()
        expect(page.get_by_role("textbox", name="Task")).to_be_visible()
        assert violations(page) == []
