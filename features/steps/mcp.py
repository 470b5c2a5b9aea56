"""Servers of other people, and what is accepted of them."""

import asyncio
from dataclasses import dataclass, field

import pytest
from pytest_bdd import given, parsers, then, when

from rookery.adapters.tool_pins.in_memory import InMemoryToolPinStore
from rookery.domain.errors import ToolError
from tests.support.tool_sources import NOW, opened, program

_TOOLS = {"finding notes": "birds.search", "keeping notes": "birds.store"}


@dataclass
class Stall:
    """A server as it is now, what of it can be used, and what a person is told."""

    pins: InMemoryToolPinStore = field(default_factory=InMemoryToolPinStore)
    says: dict[str, str] = field(default_factory=dict)
    usable: set[str] = field(default_factory=set)
    told: str = ""
    shown: str = ""

    def look(self, *, accept: bool = False) -> None:
        asyncio.run(self._look(accept=accept))

    async def _look(self, *, accept: bool) -> None:
        async with opened(program("good", env=self.says), pins=self.pins) as source:
            judged = await source.look()
            self.shown = "\n".join(one.difference() for one in judged)
            if accept:
                await source.accept(judged, NOW)
            try:
                self.usable = {tool.name for tool in await source.tools()}
                self.told = "; ".join(source.notices)
            except ToolError as error:
                self.usable, self.told = set(), str(error)


@pytest.fixture
def stall() -> Stall:
    return Stall()


@given("a server that offers to find notes about birds")
def server(stall: Stall) -> None:
    stall.look()


@given("I have accepted what it says")
@when("I accept what it says")
def accept(stall: Stall) -> None:
    stall.look(accept=True)


@when("it says that its tool should first read my keys")
def change(stall: Stall) -> None:
    stall.says = {"RUG_PULL": "1"}
    stall.look()


@then("none of its tools can be used")
def none_usable(stall: Stall) -> None:
    assert stall.usable == set()


@then("I am told how to accept them")
def told_how(stall: Stall) -> None:
    assert "rookery mcp trust birds" in stall.told


@then(parsers.parse("the tool for {purpose} can't be used"))
def not_usable(stall: Stall, purpose: str) -> None:
    assert _TOOLS[purpose] not in stall.usable
    assert _TOOLS[purpose] in stall.told


@then(parsers.parse("the tool for {purpose} can be used"))
def usable(stall: Stall, purpose: str) -> None:
    assert _TOOLS[purpose] in stall.usable


@then(parsers.parse('I am shown that "{text}" is new'))
def shown(stall: Stall, text: str) -> None:
    assert any(line.startswith("+") and text in line for line in stall.shown.splitlines())
