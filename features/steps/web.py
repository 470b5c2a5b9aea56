"""Searching the web."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from pytest_bdd import given, then, when

from rookery.domain.events import ToolReturned
from rookery.domain.runs import Run
from rookery.entrypoints.container import Container, close
from rookery.testing.web import Brave, Entry, Searxng
from tests.support.colony import ask
from tests.support.tool_bench import a_container
from tests.support.web_server import WebServer

SENTENCE = "The lighthouse of Kittiwake Point is 41 metres tall."
QUESTION = "How tall is the lighthouse of Kittiwake Point?"


@dataclass
class Trip:
    """A question that is put to the web."""

    home: Path
    web: WebServer
    services: ExitStack
    engines: dict[str, dict[str, str]] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    container: Container | None = None
    run: Run | None = None

    def know(self, *entries: Entry) -> None:
        """Set a search engine that knows these pages."""
        brave = self.services.enter_context(Brave(entries))
        self.engines["brave"] = {"base_url": brave.url, "api_key": brave.key}

    def ask(self) -> None:
        """Ask, with nothing set but the engines."""
        tools: dict[str, dict[str, Any]] = {"web_search": {**self.engines}}
        container = a_container(self.home, tools=tools, network={"allow_hosts": self.opened})
        self.container = container
        self.run = anyio.run(lambda: ask(container, QUESTION))


@pytest.fixture
def trip(tmp_path: Path, web: WebServer) -> Iterator[Trip]:
    with ExitStack() as services:
        trip = Trip(tmp_path, web, services, opened=[web.host])
        yield trip
        if trip.container is not None:
            anyio.run(close, trip.container)


@given("a search engine that knows a page about the lighthouse")
def knows_a_page(trip: Trip) -> None:
    page = trip.web.page("/light", f"<title>The light</title><p>{SENTENCE} It was lit in 1871.</p>")
    trip.know(Entry(page, "The light", SENTENCE))


@given("a preferred search engine that is too busy")
def is_busy(trip: Trip) -> None:
    searxng = trip.services.enter_context(Searxng())
    for _ in range(9):
        searxng.refuse_next(429, {"Retry-After": "60"})
    trip.engines["searxng"] = {"base_url": searxng.url}


@given("a search engine whose result leads to a machine inside")
def leads_inside(trip: Trip) -> None:
    trip.opened = []
    trip.know(Entry(trip.web.page("/inside", f"<p>{SENTENCE}</p>"), "The lighthouse", "The lighthouse is tall."))


@when("the researcher asks how tall the lighthouse is")
def asks(trip: Trip) -> None:
    trip.ask()


@then("the answer quotes that page word for word")
def quotes(trip: Trip) -> None:
    assert trip.run is not None
    assert trip.run.result is not None
    first = trip.run.result.citations[0]
    assert (first.quote, first.url) == (SENTENCE, f"{trip.web.url}/light")


@then("the researcher can see that the other engine was asked")
def was_told(trip: Trip) -> None:
    container, run = trip.container, trip.run
    assert container is not None
    assert run is not None
    events = anyio.run(lambda: container.run_store().events(run.id))
    told = [event.summary for event in events if isinstance(event, ToolReturned) and event.tool == "web_search"]
    assert told[0].endswith("SearXNG asks to wait for 60 seconds (status 429), so brave was asked")


@then("nothing inside was opened")
def nothing_opened(trip: Trip) -> None:
    assert trip.web.asked == []
