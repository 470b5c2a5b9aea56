"""Asking in several places."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from pytest_bdd import given, then, when

from tests.support.dashboard import Dashboard
from tests.support.server import CORPUS, Server, rookery, start_server


@pytest.fixture
def answers() -> list[dict[str, Any]]:
    """What was answered, as documents."""
    return []


@given("a running Rookery", target_fixture="dashboard")
def running(page: Page, home: Path) -> Iterator[Dashboard]:
    with start_server(home) as server:
        yield Dashboard(page, server)


@when("I ask on the command line, over the network and in the dashboard")
def ask_everywhere(dashboard: Dashboard, home: Path, docstring: str, answers: list[dict[str, Any]]) -> None:
    told = rookery("research", docstring, "--source", str(CORPUS), "--json", home=home)
    answers.append(json.loads(told.stdout))
    answers.append(_over_the_network(dashboard.server, docstring))
    dashboard.ask(docstring, CORPUS)
    answers.append(dashboard.shown_result())


def _over_the_network(server: Server, question: str) -> dict[str, Any]:
    with httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client:
        accepted = client.post("/v1/research", json={"question": question, "sources": [str(CORPUS)]}).json()
        with client.stream("GET", accepted["events_url"]) as events:
            lines = list(events.iter_lines())
        assert "event: run_finished" in lines
        result: dict[str, Any] = client.get(accepted["result_url"]).json()["result"]
        return result


@then("all three answers are the same, claim for claim and quote for quote")
def same(answers: list[dict[str, Any]]) -> None:
    assert len(answers) == 3
    assert answers[0]["claims"]
    told = [_what_counts(answer) for answer in answers]
    assert told[0] == told[1] == told[2]


def _what_counts(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out what differs between any two runs: ids and moments."""
    citations = [{k: v for k, v in citation.items() if k != "retrieved_at"} for citation in answer["citations"]]
    kept = ("inputs", "output", "sources", "reflection_notes", "agent_id", "status", "claims", "model")
    return {key: answer[key] for key in kept} | {"citations": citations, "steps": answer["usage"]["steps"]}


@when("I ask in the dashboard")
def ask_in_dashboard(dashboard: Dashboard, docstring: str) -> None:
    dashboard.ask(docstring, CORPUS)


@when("I open the first quote")
def open_quote(dashboard: Dashboard) -> None:
    dashboard.open_quote(1)


@then("the source is shown with exactly that quote highlighted")
def highlighted(dashboard: Dashboard) -> None:
    quote = dashboard.result()["citations"][0]["quote"]
    expect(dashboard.highlight).to_be_in_viewport()
    assert dashboard.highlight.inner_text().split() == quote.split()


@when("I open it again from the list of runs", target_fixture="seen_before")
def reopen(dashboard: Dashboard) -> list[str]:
    seen = dashboard.claims()
    dashboard.reopen()
    return seen


@then("I read the same answer")
def read_again(dashboard: Dashboard, seen_before: list[str]) -> None:
    assert seen_before
    assert dashboard.claims() == seen_before
