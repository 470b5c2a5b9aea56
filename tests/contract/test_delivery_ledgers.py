"""What every ledger of deliveries must do."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rookery.adapters.object_stores.in_memory import InMemoryObjectStore
from rookery.adapters.support.services.ledger import (
    DeliveryLedger,
    InMemoryDeliveryLedger,
    Part,
    Posted,
    SqliteDeliveryLedger,
)
from rookery.adapters.support.services.shared_ledger import SharedDeliveryLedger

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 13, tzinfo=UTC)
Open = Callable[[], DeliveryLedger]


@pytest.fixture(params=["sqlite", "in_memory", "shared"])
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Open the ledger of a home, once more where it is on disk."""
    opened: list[DeliveryLedger] = []
    kept = InMemoryDeliveryLedger()
    objects = InMemoryObjectStore()
    makers = {
        "sqlite": lambda: SqliteDeliveryLedger(tmp_path),
        "in_memory": lambda: kept,
        "shared": lambda: SharedDeliveryLedger(objects),
    }

    def open_() -> DeliveryLedger:
        opened.append(makers[request.param]())
        return opened[-1]

    yield open_
    for ledger in opened:
        ledger.close()


async def test_nothing_is_known_of_a_key_that_was_never_used(open_ledger: Open) -> None:
    assert await open_ledger().parts("slack:k") == {}


async def test_a_part_that_was_begun_is_known_to_the_next_process(open_ledger: Open) -> None:
    await open_ledger().begin("slack:k", 1, "digest", NOON)
    assert await open_ledger().parts("slack:k") == {1: Part("digest", NOON, None)}


async def test_the_first_begin_stays(open_ledger: Open) -> None:
    ledger = open_ledger()
    await ledger.begin("slack:k", 1, "digest", NOON)
    await ledger.begin("slack:k", 1, "digest", LATER)
    assert (await ledger.parts("slack:k"))[1].begun_at == NOON


async def test_parts_that_have_arrived_are_known_by_their_numbers(open_ledger: Open) -> None:
    ledger = open_ledger()
    for number in (2, 1):
        await ledger.begin("slack:k", number, "digest", NOON)
    await ledger.finish("slack:k", 1, Posted("17.1", "https://slack.test/17"))
    await ledger.finish("slack:k", 2, Posted("17.2"))
    parts = await open_ledger().parts("slack:k")
    assert {number: part.posted for number, part in parts.items()} == {
        1: Posted("17.1", "https://slack.test/17"),
        2: Posted("17.2", None),
    }


async def test_what_was_refused_is_forgotten_and_what_has_arrived_is_not(open_ledger: Open) -> None:
    ledger = open_ledger()
    await ledger.begin("slack:k", 1, "digest", NOON)
    await ledger.forget("slack:k", 1)
    assert await open_ledger().parts("slack:k") == {}


async def test_keys_are_told_apart(open_ledger: Open) -> None:
    ledger = open_ledger()
    await ledger.begin("slack:k", 1, "digest", NOON)
    assert await ledger.parts("notion:k") == {}
