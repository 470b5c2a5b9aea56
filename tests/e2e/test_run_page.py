"""The page of a run while it goes on: nothing is lost, and what waits for a person is decided in place."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support import noticeboard
from tests.support.dashboard import WORK_MS, Dashboard
from tests.support.server import Server, start_server
from tests.support.thinking_server import hire_clerk, posts, thinking_server, thinking_settings

TASK = "Tell all that rooks nest in tall elms"


@pytest.fixture
def clerks(home: Path) -> Iterator[Server]:
    """A server with a clerk who posts what it is asked to."""
    with thinking_server(home, posts()) as server:
        yield server


def moments_of(server: Server, run_id: str) -> int:
    """Return at how many moments a replay of a run stops, by what is stored: words in a row are one."""
    events = f"{server.url}/v1/runs/{run_id}/events"
    with httpx.stream("GET", events, headers=server.headers, timeout=60) as answer:
        lines = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: {")]
    kinds = [line["type"] for line in lines]
    return sum(not (kind == after == "token_emitted") for kind, after in zip(kinds, [*kinds[1:], ""], strict=True))


def approve(page: Page) -> None:
    page.get_by_role("button", name="Approve").click(timeout=WORK_MS)


def waits_for_permission(page: Page) -> None:
    expect(page.get_by_role("region", name="Permission for post_notice")).to_be_visible(timeout=WORK_MS)


def test_a_write_is_approved_where_it_is_asked_for(page: Page, clerks: Server):
    dashboard = Dashboard(page, clerks)
    dashboard.give("clerk", TASK)
    waits_for_permission(page)
    asked = page.get_by_role("region", name="Permission for post_notice")
    expect(asked).to_contain_text(TASK)
    expect(asked).to_contain_text("that nobody vouches for")
    approve(page)
    expect(dashboard.answer).to_be_visible(timeout=WORK_MS)
    dashboard.show_work()
    expect(page.get_by_text("post_notice for clerk: approved by")).to_be_visible()
    assert noticeboard.notices(clerks.home.parent / "board.txt") == [TASK]


def test_what_is_denied_is_not_done(page: Page, clerks: Server):
    dashboard = Dashboard(page, clerks)
    dashboard.give("clerk", TASK)
    page.get_by_role("button", name="Deny").click(timeout=WORK_MS)
    expect(dashboard.answer).to_be_visible(timeout=WORK_MS)
    assert noticeboard.notices(clerks.home.parent / "board.txt") == []


def test_a_reload_in_the_middle_of_a_run_loses_nothing(page: Page, clerks: Server):
    dashboard = Dashboard(page, clerks)
    run_id = dashboard.give("clerk", TASK)
    waits_for_permission(page)
    page.reload()
    waits_for_permission(page)
    approve(page)
    expect(dashboard.answer).to_be_visible(timeout=WORK_MS)
    assert dashboard.moments() == moments_of(clerks, run_id)


def test_two_tabs_follow_one_run_and_one_decides_for_both(page: Page, clerks: Server):
    first = Dashboard(page, clerks)
    run_id = first.give("clerk", TASK)
    second = Dashboard(page.context.new_page(), clerks)
    second.page.goto(f"{clerks.url}/runs/{run_id}")
    waits_for_permission(first.page)
    waits_for_permission(second.page)
    approve(second.page)
    expect(first.answer).to_be_visible(timeout=WORK_MS)
    expect(second.answer).to_be_visible(timeout=WORK_MS)
    expect(first.page.get_by_role("button", name="Approve")).to_have_count(0)
    assert first.moments() == second.moments() == moments_of(clerks, run_id)


def test_a_page_that_stays_open_goes_on_when_the_server_comes_back(page: Page, home: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    hire_clerk(home)
    with thinking_settings(posts(), home.parent) as settings:
        with start_server(home, settings=settings, port=port) as server:
            dashboard = Dashboard(page, server)
            run_id = dashboard.give("clerk", TASK)
            waits_for_permission(page)
        expect(page.get_by_text("Rookery does not answer at")).to_be_visible(timeout=WORK_MS)
        with start_server(home, token=server.token, settings=settings, port=port):
            expect(page.get_by_text("Rookery does not answer at")).to_have_count(0, timeout=WORK_MS)
            page.get_by_role("button", name="Resume").click(timeout=WORK_MS)
            approve(page)
            expect(dashboard.answer).to_be_visible(timeout=WORK_MS)
            assert dashboard.moments() == moments_of(server, run_id)
    assert noticeboard.notices(home.parent / "board.txt") == [TASK]


def test_a_run_is_seen_as_a_timeline_a_graph_and_step_by_step(page: Page, server: Server):
    dashboard = Dashboard(page, server)
    dashboard.ask("When was the observatory founded?")
    dashboard.show_work()
    page.get_by_role("radio", name="Timeline").click()
    expect(page.get_by_role("region", name="Timeline").get_by_role("listitem").first).to_contain_text("coordinator")
    page.get_by_role("radio", name="Graph").click()
    graph = page.get_by_role("region", name="Who asked whom")
    graph.get_by_role("button", name="researcher 1").click()
    expect(page.get_by_role("heading", name="researcher 1")).to_be_visible()
    page.reload()
    dashboard.show_work()
    expect(graph).to_be_visible()
    assert dashboard.moments() == moments_of(server, dashboard.run_id)
    page.get_by_role("slider", name="Moment").press("End")
    expect(page.get_by_role("region", name="Replay")).to_contain_text("The run has its answer")
    page.get_by_role("slider", name="Moment").press("Home")
    expect(page.get_by_text("The agents have not set out yet.")).to_be_visible()
