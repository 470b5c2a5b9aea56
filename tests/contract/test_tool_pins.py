"""Every store of pins keeps this contract."""

from datetime import UTC, datetime

import pytest

from rookery.adapters.tool_pins.in_memory import InMemoryToolPinStore
from rookery.adapters.tool_pins.sqlite import SqliteToolPinStore
from rookery.domain.pins import OfferedTool, Pin

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        yield InMemoryToolPinStore()
    else:
        store = SqliteToolPinStore(tmp_path)
        yield store
        store.close()


def pin(tool="search", server="birds", description="Find notes."):
    offered = OfferedTool(name=tool, description=description, arguments={"type": "object"})
    return Pin(server=server, endpoint="e", tool=offered, accepted_at=datetime(2026, 1, 1, tzinfo=UTC))


async def test_what_was_accepted_is_returned_by_server_and_name(store):
    await store.accept([pin("store"), pin("search"), pin("search", server="fish")])
    assert await store.pins("birds") == [pin("search"), pin("store")]
    assert await store.pins("fish") == [pin("search", server="fish")]
    assert await store.pins("nobody") == []


async def test_a_tool_that_is_accepted_again_is_replaced(store):
    await store.accept([pin()])
    await store.accept([pin(description="Find notes and people.")])
    assert await store.pins("birds") == [pin(description="Find notes and people.")]


async def test_pins_are_dropped_by_tool_or_all_of_a_server(store):
    await store.accept([pin("store"), pin("search"), pin("search", server="fish")])
    await store.drop("birds", ["search", "unknown"])
    assert await store.pins("birds") == [pin("store")]
    await store.drop("birds")
    assert await store.pins("birds") == []
    assert await store.pins("fish") == [pin("search", server="fish")]


async def test_descriptions_with_any_character_are_kept_exactly(store):
    strange = pin(description="a\u200b\U000e0041\x1b[2J\n'; DROP TABLE pins; --")
    await store.accept([strange])
    [kept] = await store.pins("birds")
    assert kept.tool.digest == strange.tool.digest
