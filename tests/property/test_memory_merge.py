"""Memories merge into the same, whatever came first."""

import random
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rookery.adapters.journals.in_memory import InMemoryMemoryJournal
from rookery.domain.memories import (
    Fate,
    Memory,
    Slot,
    by_slot,
    default_id,
    history_of,
    standing,
    winner,
)
from tests.support.devices import START
from tests.support.stepping import run

TEXTS = ["The light went out.", "The crew left at noon.", "Who paid the rent? Nobody did."]


def a_version(key: str, text: str, upon: Sequence[Memory], *, priority: int, hours: int, forgotten: bool) -> Memory:
    slot = Slot("agents", key)
    return Memory(
        id=default_id(slot),
        namespace=slot.namespace,
        key=slot.key,
        content="" if forgotten else text,
        timestamp=START + timedelta(hours=hours),
        priority=priority,
        supersedes=sorted(memory.version for memory in upon),
        forgotten=forgotten,
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Memory]:
    """The versions of a slot, each written upon some of those before it."""
    versions: list[Memory] = []
    for _ in range(draw(st.integers(1, 8))):
        upon = draw(st.lists(st.sampled_from(versions), unique_by=lambda memory: memory.version)) if versions else []
        version = a_version(
            "rent",
            draw(st.sampled_from(TEXTS)),
            upon,
            priority=draw(st.integers(0, 2)),
            hours=draw(st.integers(-1, 1)),
            forgotten=draw(st.booleans()),
        )
        if version not in versions:
            versions.append(version)
    return versions


often = settings(max_examples=300)


@often
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_versions_arrive_does_not_matter(versions: list[Memory], chance: random.Random) -> None:
    shuffled = chance.sample(versions, len(versions))
    assert winner(shuffled) == winner(versions)
    assert history_of(shuffled) == history_of(versions)


@often
@given(histories(), st.randoms(use_true_random=False))
def test_a_version_that_arrives_twice_changes_nothing(versions: list[Memory], chance: random.Random) -> None:
    doubled = versions + chance.choices(versions, k=3)
    assert winner(doubled) == winner(versions)
    fates = {(memory.version, memory.fate) for memory in history_of(versions)}
    assert {(memory.version, memory.fate) for memory in history_of(doubled)} == fates
    held = InMemoryMemoryJournal()
    run(held.append(doubled))
    assert [entry.memory for entry in run(held.after(0, limit=100))] == versions


@often
@given(histories())
def test_exactly_one_version_holds_and_nothing_supersedes_it(versions: list[Memory]) -> None:
    past = history_of(versions)
    assert [memory.version for memory in past if memory.fate is Fate.HOLDS] == [winner(versions).version]
    assert past[0].fate is Fate.HOLDS
    superseded = {older for memory in versions for older in memory.supersedes}
    assert {memory.version for memory in past if memory.fate is Fate.SUPERSEDED} == superseded
    assert {memory.version for memory in past} == {memory.version for memory in versions}


@often
@given(histories())
def test_among_those_that_stand_priority_decides_then_time_then_the_hash(versions: list[Memory]) -> None:
    holds = winner(versions)
    for other in standing(versions):
        assert (holds.priority, holds.timestamp, holds.version) >= (other.priority, other.timestamp, other.version)


@often
@given(histories(), st.booleans())
def test_what_is_written_upon_all_that_stand_holds_against_any_priority(
    versions: list[Memory],
    forgotten: bool,  # noqa: FBT001 - hypothesis draws it
) -> None:
    last = a_version("rent", "last", standing(versions), priority=-9, hours=-99, forgotten=forgotten)
    assert winner([last, *versions]) == last
    assert winner(versions) != last


@often
@given(histories())
def test_a_tombstone_holds_over_what_it_knew_and_not_over_what_outranks_it(versions: list[Memory]) -> None:
    tombstone = a_version("rent", "", standing(versions), priority=1, hours=0, forgotten=True)
    unaware = a_version("rent", "written elsewhere", [], priority=2, hours=-5, forgotten=False)
    weaker = a_version("rent", "written elsewhere", [], priority=0, hours=5, forgotten=False)
    assert winner([*versions, tombstone]).forgotten
    assert winner([*versions, weaker, tombstone]) == tombstone
    assert winner([*versions, tombstone, unaware]) == unaware


def merged(*journals: InMemoryMemoryJournal) -> InMemoryMemoryJournal:
    union = InMemoryMemoryJournal()
    for journal in journals:
        run(union.append([entry.memory for entry in run(journal.after(0, limit=1000))]))
    return union


def contents(journal: InMemoryMemoryJournal) -> dict[Slot, set[str]]:
    versions = [entry.memory for entry in run(journal.after(0, limit=1000))]
    return {slot: {memory.version for memory in found} for slot, found in by_slot(versions).items()}


def a_journal(versions: Sequence[Memory]) -> InMemoryMemoryJournal:
    journal = InMemoryMemoryJournal()
    run(journal.append(versions))
    return journal


@often
@given(histories(), histories(), histories())
def test_merging_is_associative_commutative_and_idempotent(
    first: list[Memory], second: list[Memory], third: list[Memory]
) -> None:
    a, b, c = a_journal(first), a_journal(second), a_journal(third)
    assert contents(merged(merged(a, b), c)) == contents(merged(a, merged(b, c)))
    assert contents(merged(a, b)) == contents(merged(b, a))
    assert contents(merged(a, a)) == contents(a)
    assert contents(merged(merged(a, b), b)) == contents(merged(a, b))
