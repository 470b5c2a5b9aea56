"""The Memory page in a real Chromium, on two machines that share a store."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.dashboard import Dashboard
from tests.support.server import Server, copy_home, start_server


class Machines(NamedTuple):
    """Two servers, each with a home of its own."""

    here: Server
    there: Server


@pytest.fixture(scope="module")
def machines(well_read_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Two machines that exchange memories through a folder. Each test has a namespace of its own."""
    place = tmp_path_factory.mktemp("machines")
    (place / "shared").mkdir()
    settings = place / "config" / "rookery" / "rookery.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        f'[sync]\nstore = "directory"\n[object_stores.directory]\npath = {json.dumps(str(place / "shared"))}\n'
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CONFIG_HOME", str(place / "config"))
        with (
            start_server(copy_home(well_read_home, place / "here")) as here,
            start_server(copy_home(well_read_home, place / "there")) as there,
        ):
            yield Machines(here, there)


def remember(server: Server, **memory: Any) -> dict[str, Any]:
    answer = httpx.post(f"{server.url}/v1/memories", json=memory, headers=server.headers, timeout=60)
    assert answer.status_code == 201, answer.text
    stored: dict[str, Any] = answer.json()
    return stored


def sync(server: Server) -> None:
    httpx.post(f"{server.url}/v1/memories/sync", headers=server.headers, timeout=60).raise_for_status()


def open_memory(page: Page, server: Server, query: str) -> None:
    Dashboard(page, server)
    page.goto(f"{server.url}/memory?{query}")
    expect(page.get_by_role("heading", level=1, name="Memory")).to_be_visible()


def card(page: Page, text: str) -> Locator:
    return page.get_by_role("article").filter(has_text=text)


def import_file(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import").click()
    chooser.value.set_files(file)


def test_a_search_puts_the_answer_first_and_tells_why_by_keyboard(page: Page, machines: Machines):
    for speaker, text in [
        ("Ann", "The weather station needs a new battery."),
        ("Cleo", "The first guillemot egg lay on ledge C on 29 April."),
        ("Ben", "I take the boat out on Thursday."),
    ]:
        remember(machines.here, namespace="search", content=text, tags=[f"speaker:{speaker}"])
    open_memory(page, machines.here, "namespace=search")
    page.get_by_label("Search memories").fill("When was the first guillemot egg found?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="best first")).to_be_visible()
    first = page.get_by_role("article").first
    expect(first).to_contain_text("29 April")
    why = first.get_by_role("button", name="Why")
    expect(why).to_have_attribute("aria-expanded", "false")
    why.focus()
    page.keyboard.press("Enter")
    expect(why).to_have_attribute("aria-expanded", "true")
    expect(first.get_by_role("table")).to_contain_text(re.compile(r"Words.*\+\d"))


def test_filters_narrow_and_stay_in_the_address(page: Page, machines: Machines):
    remember(machines.here, namespace="filters", content="An old note.", timestamp="2024-05-01T12:00:00Z", tags=["a"])
    remember(machines.here, namespace="filters", content="A later note.", timestamp="2024-06-01T12:00:00Z", tags=["a"])
    remember(machines.here, namespace="filters", content="Another matter.", timestamp="2024-05-02T12:00:00Z")
    open_memory(page, machines.here, "namespace=filters")
    card(page, "An old note.").get_by_role("button", name="Filter by a").click()
    expect(page.get_by_role("article")).to_have_count(2)
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Until").fill("2024-05-31")
    expect(page.get_by_role("article")).to_have_count(1)
    page.reload()
    expect(card(page, "An old note.")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("button", name="Remove a", exact=True).click()
    expect(page.get_by_role("article")).to_have_count(2)


def test_an_imported_file_is_counted_and_older_memories_come_by_pages(page: Page, machines: Machines, tmp_path: Path):
    file = tmp_path / "memories.jsonl"
    file.write_text("".join(json.dumps({"namespace": "pages", "content": f"note {n}"}) + "\n" for n in range(35)))
    open_memory(page, machines.here, "namespace=pages")
    expect(page.get_by_text("No memory matches")).to_be_visible()
    broken = tmp_path / "broken.jsonl"
    broken.write_bytes(b"\xff")
    import_file(page, broken)
    expect(page.get_by_role("alert")).to_have_text("broken.jsonl cannot be read as UTF-8 text")
    import_file(page, file)
    expect(page.get_by_text("35 memories were imported.")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("article")).to_have_count(30)
    page.get_by_role("button", name="Show older memories").click()
    expect(page.get_by_role("article")).to_have_count(35)


def test_a_long_memory_is_folded_until_all_of_it_is_asked_for(page: Page, machines: Machines):
    lines = "\n".join(f"line {n}" for n in range(1, 31))
    remember(machines.here, namespace="long", content=lines)
    open_memory(page, machines.here, "namespace=long")
    text = page.get_by_role("article").locator("p").first
    show_all = page.get_by_role("button", name="Show all")
    expect(show_all).to_be_visible()
    folded = text.bounding_box()
    show_all.click()
    expect(page.get_by_role("button", name="Show less")).to_have_attribute("aria-expanded", "true")
    whole = text.bounding_box()
    assert folded
    assert whole
    assert whole["height"] > 4 * folded["height"]


def test_a_forgotten_memory_is_gone_and_its_history_stays(page: Page, machines: Machines):
    kept = remember(machines.here, namespace="forget", content="The puffins left early.")
    open_memory(page, machines.here, "namespace=forget")
    page.get_by_role("button", name="Forget: The puffins left early.").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Its history stays")
    expect(dialog).to_contain_text("After the next sync")
    dialog.get_by_role("button", name="Keep it").click()
    expect(card(page, "The puffins left early.")).to_be_visible()
    page.get_by_role("button", name="Forget: The puffins left early.").click()
    dialog.get_by_role("button", name="Forget it").click()
    expect(page.get_by_text("Forgotten. Its history stays.")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(0)
    url = f"{machines.here.url}/v1/memories/{kept['id']}/history?namespace=forget"
    versions = httpx.get(url, headers=machines.here.headers).json()["items"]
    assert [version["forgotten"] for version in versions] == [True, False]


def test_a_sync_brings_the_other_machines_memory_and_the_history_tells_who_lost(page: Page, machines: Machines):
    remember(machines.here, namespace="sync", key="mooring", content="The boat is at pier 2.")
    remember(machines.there, namespace="sync", key="mooring", content="The boat is at pier 9.", priority=3)
    sync(machines.there)
    open_memory(page, machines.here, "namespace=sync")
    expect(card(page, "pier 2")).to_be_visible()
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text(re.compile(r"Sent \d+, received \d+\."))).to_be_visible()
    card(page, "pier 9").get_by_role("button", name="History").click()
    lost = page.get_by_role("dialog").get_by_role("article").filter(has_text="pier 2")
    expect(lost).to_contain_text("Lost against a version from another machine with a higher priority (3 over 0).")


def test_an_added_memory_shows_without_its_credential(page: Page, machines: Machines):
    secret = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    open_memory(page, machines.here, "namespace=added")
    page.get_by_role("button", name="Add a memory").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Content").fill(f"The upload uses {secret} and goes to the county.")
    dialog.get_by_label("Namespace").fill("added")
    dialog.get_by_label("Tags").fill("upload")
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Remember it").click()
    expect(page.get_by_text("Remembered. 1 credential was replaced.")).to_be_visible()
    shown = card(page, "The upload uses")
    expect(shown).to_contain_text("1 credential was replaced")
    expect(shown).not_to_contain_text(secret)
    expect(shown.get_by_role("button", name="Filter by upload")).to_be_visible()


def test_what_a_memory_holds_is_text_and_its_source_is_fetched_by_nobody(page: Page, machines: Machines):
    markup = "<img src=/x onerror=window.hacked=1>"
    remember(machines.here, namespace="text", content=markup, source="https://example.org/report")
    remember(machines.here, namespace="text", content="No link.", source="javascript:window.hacked=1")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_memory(page, machines.here, "namespace=text")
    expect(card(page, markup)).to_be_visible()
    link = card(page, markup).get_by_role("link")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(card(page, "No link.").get_by_role("link")).to_have_count(0)
    assert page.evaluate("window.hacked") is None
    assert {url for url in asked if not url.startswith((machines.here.url, "data:", "blob:"))} == set()


def test_a_phone_scrolls_down_only(page: Page, machines: Machines):
    endless = "https://example.org/" + "endless" * 30
    remember(machines.here, namespace="phone", content=endless, source=endless, tags=["t" * 90])
    page.set_viewport_size({"width": 390, "height": 800})
    open_memory(page, machines.here, "namespace=phone&q=endless")
    page.get_by_role("article").first.get_by_role("button", name="Why").click()
    expect(page.get_by_role("table")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
