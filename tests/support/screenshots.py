"""Pictures of each page of the dashboard, in light, in dark and on a phone: `just screenshots`."""

import base64
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.browser import chromium
from tests.support.dashboard import WORK_MS, Dashboard
from tests.support.server import CORPUS, LIGHT, ROOT, Server, start_server
from tests.support.thinking_server import hire_clerk, posts, thinking_settings

FOLDER = ROOT / "docs" / "images"
QUESTIONS = ("Where was the light's lens made?", "When did the observatory open, and what did the Harbours Board pay?")
TASK = "Tell the crew that the light is lit again"
NOTES = {
    "The archive's tide rolls are kept in the Calvaire workshop's dry room.": ["archive", "tides"],
    "Kittiwakes are counted in the first week of June.": ["birds"],
}
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 780}, "color_scheme": "light", "has_touch": True},
}
_NEUTRAL = """([folder, host]) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    node.data = node.data.replaceAll(folder, "~/rookery").replaceAll(host, "127.0.0.1:8400");
  }
}"""
_TO_WEBP = """async (png) => {
  const picture = new Image();
  picture.src = "data:image/png;base64," + png;
  await picture.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas.toDataURL("image/webp", 0.82).split(",")[1];
}"""


def take(folder: Path = FOLDER) -> None:
    """Fill a home, serve it and take all pictures."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        home = Path(place) / "home"
        home.mkdir()
        hire_clerk(home)
        thinking = thinking_settings(posts(), Path(place))
        with thinking as settings, start_server(home, settings={**LIGHT, **settings}) as server:
            runs = _ask(server)
            browser = chromium(playwright)
            waiting = _let_one_wait(browser, server)
            for look, options in LOOKS.items():
                _take_all(browser, server, look, options, _pages(runs, waiting), folder)
            browser.close()


def _ask(server: Server) -> list[str]:
    """Ask the questions and remember the notes; return the runs."""
    with httpx.Client(base_url=server.url, headers=server.headers, timeout=120) as client:
        client.post("/v1/sources", json={"location": str(CORPUS)}).raise_for_status()
        runs = []
        for question in QUESTIONS:
            started = (
                client.post("/v1/research", json={"question": question, "model": "extractive"})
                .raise_for_status()
                .json()
            )
            with client.stream("GET", started["events_url"]) as events:
                events.read()
            runs.append(started["task_id"])
        for note, tags in NOTES.items():
            memory = {"namespace": "default", "content": note, "tags": tags}
            client.post("/v1/memories", json=memory).raise_for_status()
    return runs


def _let_one_wait(browser: Browser, server: Server) -> str:
    """Have a run wait for permission; return it."""
    page = browser.new_page()
    run_id = Dashboard(page, server).give("clerk", TASK)
    expect(page.get_by_role("button", name="Approve")).to_be_visible(timeout=WORK_MS)
    page.close()
    return run_id


def _pages(runs: list[str], waiting: str) -> Mapping[str, str]:
    one, other = runs
    return {
        "research": "",
        "answer": f"runs/{other}",
        "permission": f"runs/{waiting}",
        "timeline": f"runs/{other}?view=timeline",
        "graph": f"runs/{other}?view=graph",
        "replay": f"runs/{other}?view=replay",
        "runs": "runs",
        "compare": f"runs/compare?one={one}&other={other}",
        "approvals": "approvals",
        "sources": "sources",
        "memory": "memory",
        "agents": "agents",
        "models": "models",
        "integrations": "settings/integrations",
        "settings": "settings",
    }


def _take_all(
    browser: Browser, server: Server, look: str, options: Mapping[str, Any], pages: Mapping[str, str], folder: Path
) -> None:
    context = browser.new_context(reduced_motion="reduce", locale="en-GB", **options)
    page = context.new_page()
    dashboard = Dashboard(page, server)
    converter = context.new_page()
    for name, path in pages.items():
        page.goto(f"{server.url}/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("status", name="Loading")).to_have_count(0, timeout=WORK_MS)
        _arrange(dashboard, name)
        page.evaluate(_NEUTRAL, [str(ROOT), server.url.removeprefix("http://")])
        png = base64.b64encode(page.screenshot()).decode()
        (folder / f"{name}-{look}.webp").write_bytes(base64.b64decode(converter.evaluate(_TO_WEBP, png)))
    context.close()


def _arrange(dashboard: Dashboard, name: str) -> None:
    """Bring what a picture is about into view."""
    page: Page = dashboard.page
    if name == "answer":
        expect(dashboard.answer).to_be_visible(timeout=WORK_MS)
    if name == "permission":
        expect(page.get_by_role("button", name="Approve")).to_be_visible(timeout=WORK_MS)
    if name in ("timeline", "graph", "replay"):
        dashboard.show_work()
        if name == "replay":
            dashboard.moments()
            page.get_by_role("slider", name="Moment").press("End")
        page.get_by_role("radiogroup", name="View of the work").scroll_into_view_if_needed()
        page.get_by_role("radiogroup", name="View of the work").evaluate("view => view.scrollIntoView()")


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
