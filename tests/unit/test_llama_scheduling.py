"""Who gets how many tokens of a step of llama.cpp's worker."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.adapters.llms.llama_cpp.worker.scheduling import Need, Pace, next_group, plan, share

NEEDS = st.lists(
    st.builds(Need, st.integers(), st.integers(1, 400), prompt=st.booleans(), priority=st.integers(-3, 3)),
    max_size=12,
    unique_by=lambda need: need.key,
)


def test_who_writes_comes_before_prompts() -> None:
    needs = [Need(1, 500, prompt=True), Need(2, 1, prompt=False), Need(3, 4, prompt=False)]
    assert plan(needs, room=64, prompt_room=64) == {2: 1, 3: 4, 1: 59}


def test_a_long_prompt_takes_no_more_than_prompts_may() -> None:
    needs = [Need(1, 5000, prompt=True), Need(2, 1, prompt=False)]
    assert plan(needs, room=512, prompt_room=32) == {2: 1, 1: 32}


def test_prompts_share_alike_and_leave_what_they_do_not_need() -> None:
    needs = [Need(1, 1000, prompt=True), Need(2, 10, prompt=True), Need(3, 1000, prompt=True)]
    assert share(needs, 90) == {1: 40, 2: 10, 3: 40}


def test_a_priority_doubles_the_share_with_each_step() -> None:
    needs = [Need(1, 1000, prompt=True), Need(2, 1000, prompt=True, priority=2)]
    assert share(needs, 100) == {1: 20, 2: 80}


def test_prompts_beyond_the_room_wait_for_those_of_higher_priority() -> None:
    needs = [Need(key, 9, prompt=True, priority=key) for key in range(5)]
    assert share(needs, 2) == {4: 1, 3: 1}


@given(NEEDS, st.integers(1, 300), st.integers(1, 300))
def test_a_step_is_as_full_as_can_be_and_no_fuller(needs: list[Need], room: int, prompt_room: int) -> None:
    parts = plan(needs, room=room, prompt_room=prompt_room)
    by_key = {need.key: need for need in needs}
    assert all(0 < part <= by_key[key].tokens for key, part in parts.items())
    writing = min(room, sum(need.tokens for need in needs if not need.prompt))
    prompts = sum(need.tokens for need in needs if need.prompt)
    assert sum(parts.values()) == writing + min(room - writing, prompt_room, prompts)


def test_groups_take_turns() -> None:
    needs = [Need(1, 1, prompt=False), Need(2, 1, prompt=False, group="b"), Need(3, 1, prompt=False, group="a")]
    turns: list[str | None] = [None]
    for _ in range(6):
        turns.append(next_group(needs, turns[-1]))
    assert turns[1:] == ["a", "b", None, "a", "b", None]


def test_a_group_that_is_alone_has_every_turn() -> None:
    assert next_group([Need(1, 1, prompt=False, group="a")], "a") == "a"


def test_prompts_are_cut_so_that_who_writes_does_not_wait_long() -> None:
    pace = Pace(512)
    pace.learn(100, 1.0)
    assert pace.prompt_room(others_wait=True) == pytest.approx(25, abs=1)
    assert pace.prompt_room(others_wait=False) == pytest.approx(100, abs=1)


def test_a_fast_machine_takes_whole_batches_and_a_slow_one_still_gets_on() -> None:
    fast, slow = Pace(512), Pace(512)
    fast.learn(512, 0.001)
    slow.learn(16, 100.0)
    assert fast.prompt_room(others_wait=True) == 512
    assert slow.prompt_room(others_wait=True) == Pace.smallest
