"""axe finds nothing serious on any page, in either theme."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.dashboard import Dashboard
from tests.support.server import CORPUS, ROOT, Server

PAGES = ["", "runs", "memory", "sources", "agents", "models", "integrations", "approvals", "settings"]
AXE = (ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
SERIOUS = ("serious", "critical")


def violations(page: Page) -> list[str]:
    """Return what axe finds of level serious or above, with the elements."""
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document)")
    return [
        f"{violation['id']}: {[node['html'] for node in violation['nodes']]}"
        for violation in found["violations"]
        if violation["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_violation(page: Page, server: Server, theme):
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
def test_an_answer_and_its_opened_source_have_no_serious_violation(page: Page, server: Server, theme):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    dashboard = Dashboard(page, server)
    dashboard.ask("When was the observatory founded?", CORPUS)
    assert violations(page) == []
    dashboard.open_quote(1)
    assert violations(page) == []
