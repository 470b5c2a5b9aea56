"""Versions of memories, and which of them holds."""

import itertools
import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rookery.domain.memories import (
    EVERYTHING,
    Fate,
    FoundMemory,
    Memory,
    MemoryFilter,
    NewMemory,
    Slot,
    Why,
    default_id,
    default_key,
    history_of,
    standing,
    winner,
)

NOON = "2026-11-22T12:00:00Z"


def memory(content: str, **more: object) -> Memory:
    fields = {"id": "m", "namespace": "a", "key": "k", "content": content, "timestamp": NOON}
    return Memory.model_validate(fields | more)


def test_a_version_is_named_by_the_digest_of_everything_else() -> None:
    one = memory("x")
    assert one.version == one.digest()
    for change in ({"content": "y"}, {"tags": ["t"]}, {"relevance_score": 0.9}, {"priority": 1}, {"forgotten": True}):
        assert Memory.model_validate(one.model_dump() | {"version": ""} | change).version != one.version


def test_a_version_has_the_same_name_on_every_machine() -> None:
    told = {"tags": ["b", "a"], "timestamp": "2026-11-22T14:00:00+02:00", "content": "Zoë 🐦"}
    program = (
        "import sys; from rookery.domain.memories import Memory; "
        "print(Memory.model_validate_json(sys.stdin.read()).version)"
    )
    names = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps({"id": "m", "namespace": "a", "key": "k"} | told),
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert names == {memory(**told).version}


def test_a_search_changes_no_version() -> None:
    held = memory("x")
    found = FoundMemory(**held.model_dump() | {"relevance_score": 0.9}, why=Why())
    assert found.version == held.version


def test_a_memory_survives_the_wire() -> None:
    held = memory("naïve 🐦\0", tags=["t", "u"], source="https://example.org/ä", supersedes=["0" * 64])
    assert Memory.model_validate_json(held.model_dump_json()) == held


def test_the_winner_is_the_same_in_whatever_order_versions_arrive() -> None:
    first = memory("first", priority=9)
    second = memory("second", supersedes=[first.version])
    late = memory("late", timestamp="2026-11-23T12:00:00Z")
    for order in itertools.permutations([first, second, late]):
        assert winner(order) == late
    assert winner([first, second]) == second
    assert winner([first, late]) == first


def test_priority_goes_before_time_and_time_before_the_name() -> None:
    early, late = memory("early"), memory("late", timestamp="2026-11-23T12:00:00Z")
    assert winner([early, late]) == late
    assert winner([memory("early", priority=1), late]).content == "early"
    twins = [memory("one"), memory("two")]
    assert winner(twins) == max(twins, key=lambda twin: twin.version)


@given(st.data())
def test_of_any_histories_the_winner_is_one_that_nobody_supersedes(data: st.DataObject) -> None:
    versions: list[Memory] = []
    for number in range(data.draw(st.integers(1, 6))):
        upon = data.draw(st.lists(st.sampled_from(versions), max_size=2)) if versions else []
        versions.append(
            memory(
                str(number),
                priority=data.draw(st.integers(0, 1)),
                timestamp=datetime.fromtimestamp(data.draw(st.integers(0, 2)), UTC),
                supersedes=[older.version for older in upon],
            )
        )
    holds = winner(versions)
    assert holds in standing(versions)
    assert winner(data.draw(st.permutations(versions))) == holds
    fates = {past.version: past.fate for past in history_of(versions)}
    assert [version for version, fate in fates.items() if fate is Fate.HOLDS] == [holds.version]
    assert len(fates) == len(versions)


def test_a_history_begins_with_what_holds_and_goes_back_in_time() -> None:
    old = memory("old", timestamp="2026-11-20T12:00:00Z")
    new = memory("new", supersedes=[old.version])
    other = memory("other", priority=-1, timestamp="2026-11-25T12:00:00Z")
    assert [(past.content, past.fate) for past in history_of([other, old, new])] == [
        ("new", Fate.HOLDS),
        ("other", Fate.LOST),
        ("old", Fate.SUPERSEDED),
    ]
    assert history_of([]) == []


def test_there_is_no_winner_of_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        winner([])


def test_equal_texts_share_a_slot_apart_from_case_and_white_space() -> None:
    assert default_key("Rooks  nest\nhigh. ") == default_key("rooks nest HIGH.")
    assert default_key("Rooks nest high.") != default_key("Rooks nest low.")
    assert default_id(Slot("a", "b")) != default_id(Slot("a/b", "")) != default_id(Slot("", "ab"))


@pytest.mark.parametrize(
    "change",
    [
        {"content": ""},
        {"content": "x" * 4_000_001},
        {"content": None},
        {"content": "\ud800"},
        {"namespace": ""},
        {"namespace": "n" * 201},
        {"id": ""},
        {"key": ""},
        {"tags": [""]},
        {"tags": "rooks"},
        {"tags": ["\udfff"]},
        {"tags": ["t"] * 20_001},
        {"relevance_score": 1.5},
        {"relevance_score": float("nan")},
        {"timestamp": "2026-11-22T12:00:00"},
        {"timestamp": "0001-01-01T00:00:00+02:00"},
        {"timestamp": "9999-12-31T23:59:59-02:00"},
        {"version": "mine"},
        {"invented": 1},
    ],
)
def test_what_cannot_be_remembered_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NewMemory.model_validate({"content": "x"} | change)


def test_a_tag_counts_once_and_keeps_its_place() -> None:
    assert NewMemory(content="x", tags=["b", "a", "b"]).tags == ["b", "a"]


def test_moments_of_other_zones_are_kept_in_utc() -> None:
    assert memory("x", timestamp="2026-11-22T14:00:00+02:00") == memory("x")


def test_a_filter_narrows_when_anything_but_the_namespace_is_asked_for() -> None:
    assert not EVERYTHING.narrows
    assert not MemoryFilter(namespaces=["a"]).narrows
    for more in ({"tags_any": ["t"]}, {"tags_all": ["t"]}, {"since": NOON}, {"until": NOON}, {"source": "x"}):
        assert MemoryFilter.model_validate(more).narrows
