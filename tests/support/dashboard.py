"""The dashboard, as a person uses it."""

import re
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.support.server import Server

WORK_MS = 60_000  # how long a run may take before a test gives up


class Dashboard:
    """One browser page on one server. Opening it presents the token, as the link that `rookery serve` prints does."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        page.goto(f"{server.url}/#token={server.token}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()

    def ask(self, question: str, *sources: Path) -> None:
        """Ask and wait for the answer."""
        self.page.goto(self.server.url)
        self.page.get_by_label("Question").fill(question)
        for source in sources:
            self.page.get_by_label("Sources", exact=True).fill(str(source))
            self.page.keyboard.press("Enter")
        self.page.get_by_role("button", name="Start research").click()
        self.page.wait_for_url(re.compile(r"/runs/.+"))
        expect(self.answer).to_be_visible(timeout=WORK_MS)

    def give(self, agent: str, task: str) -> str:
        """Give an agent a task of its own and open its run; return its id."""
        asked = {"task": task}
        headers = self.server.headers
        accepted = httpx.post(f"{self.server.url}/v1/agents/{agent}/runs", json=asked, headers=headers, timeout=60)
        run_id: str = accepted.raise_for_status().json()["task_id"]
        self.page.goto(f"{self.server.url}/runs/{run_id}")
        return run_id

    def moments(self) -> int:
        """Open the replay of the run whose page is open; return the number of moments that it has."""
        self.show_work()
        self.page.get_by_role("radio", name="Replay", exact=True).click()
        slider = self.page.get_by_role("slider", name="Moment")
        expect(slider).to_be_visible(timeout=WORK_MS)
        return int(slider.get_attribute("max") or -1) + 1

    def show_work(self) -> None:
        """Unfold how an answer was found."""
        unfold = self.page.get_by_role("button", name=re.compile("How it was found|The colony at work"))
        if unfold.get_attribute("aria-expanded") == "false":
            unfold.click()

    @property
    def answer(self) -> Locator:
        """The answer on the page of a run."""
        return self.page.get_by_role("region", name="Answer", exact=True)

    @property
    def highlight(self) -> Locator:
        """The highlighted quote in the opened source."""
        return self.page.get_by_role("dialog").locator("mark")

    def claims(self) -> list[str]:
        """The claims that are shown, with their marks."""
        expect(self.answer).to_be_visible(timeout=WORK_MS)
        return self.answer.locator("p").all_inner_texts()

    def open_quote(self, number: int) -> None:
        """Open the source of a citation."""
        self.answer.get_by_role("button", name=f"Citation {number}:").first.click()
        expect(self.highlight).to_be_visible()

    def reopen(self) -> None:
        """Leave the run and open it again from the list."""
        run_id = self.run_id
        self.page.get_by_role("link", name="Runs", exact=True).first.click()
        self.page.wait_for_url(re.compile(r"/runs$"))
        self.page.locator(f'a[href$="/runs/{run_id}"]').click()
        self.page.wait_for_url(re.compile(run_id))

    @property
    def run_id(self) -> str:
        """The run whose page is open."""
        return self.page.url.partition("?")[0].rsplit("/", 1)[-1]

    def result(self) -> dict[str, Any]:
        """The stored result of the run whose page is open."""
        run = httpx.get(f"{self.server.url}/v1/runs/{self.run_id}", headers=self.server.headers).json()
        result: dict[str, Any] = run["result"]
        return result

    def shown_result(self) -> dict[str, Any]:
        """The result, after each claim and quote of it was found on the page."""
        result = self.result()
        for claim in result["claims"]:
            expect(self.answer).to_contain_text(claim["text"])
        for citation in result["citations"]:
            expect(self.page.get_by_role("main")).to_contain_text(" ".join(citation["quote"].split()))
        return result
