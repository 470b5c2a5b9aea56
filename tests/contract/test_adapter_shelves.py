"""Every shelf of adapters keeps this contract."""

from datetime import UTC, datetime, timedelta

import pytest

from rookery.adapters.adapter_shelves.folder import AdapterFolder
from rookery.domain.tuning import Bar, Mark, Recipe, TunedAdapter, judge

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def shelf(tmp_path):
    return AdapterFolder(tmp_path)


def trained(shelf, name, *, agent="writer", gain=1.0, at=NOON):
    """Return an adapter that lies where `draft` said; it is better by so many nats in each of five runs."""
    path = shelf.draft()
    path.write_bytes(f"GGUF {name}".encode())
    marks = {str(n): [(Mark(likelihood=-2, agreement=1), Mark(likelihood=-2 + gain, agreement=1))] for n in range(5)}
    return TunedAdapter(
        id=name, agent=agent, path=path, base="m", base_sha256="0" * 64, learnt=9, recipe=Recipe(),
        verdict=judge(marks, Bar()), trained_at=at,
    )  # fmt: skip


def test_an_empty_shelf_has_none(shelf):
    assert shelf.all() == []
    assert shelf.used() == {}


def test_what_was_only_drafted_is_not_on_the_shelf(shelf):
    trained(shelf, "writer-1")
    assert shelf.all() == []


def test_adapters_are_returned_oldest_first_accepted_and_refused_ones(shelf):
    later = shelf.put(trained(shelf, "writer-2", gain=-1.0, at=NOON + timedelta(hours=1)))
    earlier = shelf.put(trained(shelf, "writer-1"))
    assert shelf.all() == [earlier, later]
    assert (earlier.verdict.accepted, later.verdict.accepted) == (True, False)
    assert [one.path.read_bytes() for one in shelf.all()] == [b"GGUF writer-1", b"GGUF writer-2"]


def test_each_agent_uses_one_at_a_time_or_none(shelf):
    first, second = (shelf.put(trained(shelf, name)) for name in ("writer-1", "writer-2"))
    other = shelf.put(trained(shelf, "critic-1", agent="critic"))
    shelf.use("writer", first.id)
    shelf.use("critic", other.id)
    assert shelf.used() == {"writer": first, "critic": other}
    shelf.use("writer", second.id)
    assert shelf.used() == {"writer": second, "critic": other}
    shelf.use("writer", None)
    assert shelf.used() == {"critic": other}
