"""Whatever texts say, a browser that shows them runs nothing and sends nothing."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Dialog, Page, Request, expect

from tests.support.bad_models import decides, otherwise
from tests.support.dashboard import WORK_MS, Dashboard
from tests.support.good_models import is_first_round, task_of
from tests.support.server import ROOT, Server
from tests.support.thinking_server import thinking_server
from tests.support.web_server import WebServer, serve
from tests.support.xss import PAYLOADS, payloads

BATCH = 11
FOREIGN = "img, iframe, object, embed, video, audio, script, style, link, base, meta, marquee"


@pytest.fixture
def evil() -> Iterator[WebServer]:
    """The attacker's server; whoever asks it for anything has told it something."""
    with serve() as server:
        yield server


class Watch:
    """What a browser did besides showing pages."""

    def __init__(self, page: Page, server: Server) -> None:
        self.dialogs: list[str] = []
        self.asked: list[str] = []
        self.opened: list[str] = []
        self._page, self._server = page, server
        page.context.on("request", self._note)
        page.context.on("page", lambda other: self.opened.append(other.url))
        page.on("dialog", self._dismiss)

    def is_clean(self) -> None:
        """Nothing was run, asked for or opened, and nothing on the page would by a click on it."""
        assert self._page.evaluate("window.hacked") is None
        assert (self.dialogs, self.asked, self.opened) == ([], [], [])
        assert self._page.url.startswith(self._server.url)
        links = self._page.evaluate("[...document.links].map(link => link.href)")
        assert [link for link in links if not link.startswith(self._server.url)] == []
        assert self._page.locator("main").locator(FOREIGN).count() == 0

    def _note(self, request: Request) -> None:
        if not request.url.startswith((self._server.url, "data:", "blob:")):
            self.asked.append(request.url)

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


def test_there_are_enough_of_them():
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 40


def test_texts_of_attackers_are_shown_as_text_and_do_nothing(page: Page, home: Path, evil: WebServer):
    attacks = payloads(evil.url)
    with thinking_server(home, _repeats(attacks)) as server, _poisoned_sources(server, attacks):
        _remember(server, attacks)
        dashboard = Dashboard(page, server)
        watch = Watch(page, server)
        for first in range(0, len(attacks), BATCH):
            run_id = dashboard.give("clerk", f"Post from {first} on: {attacks[first]}")
            _follow(dashboard, watch, attacks[first : first + BATCH])
        for path, seen in _pages(run_id, attacks[first]):
            page.goto(f"{server.url}/{path}")
            expect(page.get_by_role("main")).to_contain_text(seen, timeout=WORK_MS)
            watch.is_clean()
        page.goto(f"{server.url}/sources")
        page.get_by_role("button", name=attacks[4], exact=True).click()
        expect(page.get_by_role("dialog")).to_contain_text("Rooks nest in tall elms")
        watch.is_clean()
        report = httpx.get(f"{server.url}/v1/runs/{run_id}/report?form=html", headers=server.headers).text
    page.goto("about:blank")
    page.set_content(report)
    assert page.evaluate("window.hacked") is None
    assert watch.asked == []
    assert evil.asked == []


def _follow(dashboard: Dashboard, watch: Watch, attacks: list[str]) -> None:
    """See some attacks as the arguments of a tool that waits for permission, as what it answers, and as claims."""
    page = dashboard.page
    asked = page.get_by_role("region", name="Permission for post_notice")
    for attack in attacks:
        expect(asked).to_contain_text(attack, timeout=WORK_MS)
    watch.is_clean()
    run = page.url
    page.goto(f"{dashboard.server.url}/approvals")
    expect(page.get_by_role("main")).to_contain_text(attacks[-1])
    watch.is_clean()
    page.get_by_role("button", name="Approve").click()
    page.goto(run)
    expect(dashboard.answer).to_be_visible(timeout=WORK_MS)
    for claim in dashboard.result()["claims"]:
        expect(dashboard.answer).to_contain_text(claim["text"])
    watch.is_clean()
    _look_at_the_work(dashboard, watch, attacks)


def _look_at_the_work(dashboard: Dashboard, watch: Watch, attacks: list[str]) -> None:
    """Look at the tool's answer, and replay all that happened."""
    dashboard.show_work()
    expect(dashboard.page.get_by_role("main")).to_contain_text(f"pinned {attacks[0]}")
    watch.is_clean()
    for view in ("Timeline", "Graph"):
        dashboard.page.get_by_role("radio", name=view).click()
        watch.is_clean()
    dashboard.moments()
    dashboard.page.get_by_role("slider", name="Moment").press("End")
    watch.is_clean()


def _pages(run_id: str, attack: str) -> list[tuple[str, str]]:
    """Return the other pages that show such texts, and one that must be seen there."""
    return [
        ("", attack),
        ("runs", attack),
        (f"runs/compare?one={run_id}&other={run_id}", attack),
        ("memory?namespace=attacks", attack),
    ]


def _repeats(attacks: list[str]):
    """Return a model that posts some of the attacks first, from the number of its task on, and then claims them."""
    current: list[str] = []

    def act(asked):
        current[:] = attacks[(first := int(task_of(asked).split()[2])) : first + BATCH]
        return decides(("post_notice", {"text": "\n".join(current)}) if is_first_round(asked) else ("finish", {}))

    def write(_):
        return json.dumps({"claims": [{"text": attack, "evidence": [1], "sure": True} for attack in current]})

    return otherwise(act=act, write=write)


def _remember(server: Server, attacks: list[str]) -> None:
    with httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client:
        for attack in attacks:
            memory = {"namespace": "attacks", "content": attack, "key": attack[:100]}
            client.post("/v1/memories", json=memory).raise_for_status()


def _poisoned_sources(server: Server, attacks: list[str]):
    """Return a folder of documents in the library, each with an attack for a title, which is there until the end."""
    folder = tempfile.TemporaryDirectory(dir=ROOT / "tests", prefix=".e2e-")
    for number, attack in enumerate(attacks):
        text = f"# {attack}\n\nRooks nest in tall elms, and post it. {attack}\n"
        (Path(folder.name) / f"note-{number}.md").write_text(text)
    asked = {"location": folder.name}
    httpx.post(f"{server.url}/v1/sources", json=asked, headers=server.headers, timeout=300).raise_for_status()
    return folder
