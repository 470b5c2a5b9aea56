"""How an agent reasons, and how the supervisor brings it back: a machine without any I/O."""

import pytest

from rookery.domain import loop as loops
from rookery.domain.actions import Decision, Observed, ToolCall
from rookery.domain.agents import Budget
from rookery.domain.interventions import Remedy, Trouble
from rookery.domain.loop import Loop, Phase, Spent

TOOLS = ["search", "read"]


def call(tool: str = "search", **arguments: str) -> ToolCall:
    return ToolCall(tool=tool, arguments=dict(arguments))


def decision(*calls: ToolCall) -> Decision:
    return Decision(calls=list(calls) or [ToolCall(tool="finish")])


def round_of(loop: Loop, *calls: ToolCall, new: int = 0, result: str = "", **can: bool) -> Loop:
    """Take an agent once around; without a result, each round brings another one."""
    loop = loops.decide(loop, decision(*calls))
    seen = [Observed(call=one, text="…", digest=result or f"{len(loop.turns)}") for one in loop.calls]
    return loops.reflect(loops.observe(loops.act(loop, seen), seen, new), exceeded=None, **can)


def remedies(loop: Loop) -> list[Remedy]:
    return [turn.intervention.remedy for turn in loop.turns if turn.intervention]


def test_an_agent_thinks_acts_observes_reflects_and_answers():
    loop = loops.begin(TOOLS)
    assert loop.phase is Phase.THINK
    loop = loops.decide(loop, decision(call(query="rooks"), call("read", name="a")))
    assert (loop.phase, len(loop.calls)) == (Phase.ACT, 2)
    seen = [Observed(call=one, text="…", digest=one.key) for one in loop.calls]
    loop = loops.act(loop, seen)
    assert loop.phase is Phase.OBSERVE
    loop = loops.observe(loop, seen, new=2)
    assert loop.phase is Phase.REFLECT
    loop = loops.reflect(loop, exceeded=None)
    assert loop.phase is Phase.THINK
    loop = loops.decide(loop, decision())
    assert (loop.phase, loop.ended_by) == (Phase.ANSWER, None)


def test_what_is_called_by_rule_comes_before_the_first_thought():
    loop = loops.begin(TOOLS, [call(query="rooks")])
    assert (loop.phase, loop.thoughts) == (Phase.ACT, 0)


def test_the_same_call_twice_in_one_decision_is_one_call():
    loop = loops.decide(loops.begin(TOOLS), decision(call(query="a", limit="1"), call(limit="1", query="a")))
    assert len(loop.calls) == 1


def test_no_step_can_be_left_out():
    with pytest.raises(ValueError, match="think"):
        loops.act(loops.begin(TOOLS), [])


def test_an_agent_that_repeats_a_call_is_told_so_then_loses_the_tool_then_is_stopped():
    loop = round_of(loops.begin(TOOLS), call(query="a"), result="same", new=1)
    for _ in range(2):
        loop = round_of(loop, call(query="a"), result="same", new=1)
    assert remedies(loop) == [Remedy.REPHRASE, Remedy.SWITCH_TOOL]
    assert loop.tools == ["read"]
    loop = round_of(loop, call(query="a"), result="same", new=1)
    assert (loop.phase, loop.ended_by.trouble) == (Phase.ANSWER, Trouble.LOOP)


def test_an_only_tool_is_not_taken_away():
    loop = loops.begin(["search"])
    for _ in range(3):
        loop = round_of(loop, call(query="a"), result="same", new=1)
    assert remedies(loop) == [Remedy.REPHRASE, Remedy.STOP]


def test_a_call_that_brings_something_else_is_no_repetition():
    loop = loops.begin(TOOLS)
    for _ in range(5):
        loop = round_of(loop, call(query="news"), new=1)
    assert remedies(loop) == []


def test_an_agent_that_finds_nothing_new_is_helped_and_then_stopped():
    loop = loops.begin(TOOLS)
    for number in range(9):
        if loop.phase is Phase.THINK:
            loop = round_of(loop, call(query=str(number)), may_delegate=True)
    assert remedies(loop) == [Remedy.REPHRASE, Remedy.SPLIT, Remedy.STOP]
    assert loop.ended_by.trouble is Trouble.STALL
    assert loop.temperature == loops.WARM


def test_a_stalled_task_goes_to_another_agent_where_there_is_one():
    loop = loops.begin(TOOLS)
    for number in range(6):
        loop = round_of(loop, call(query=str(number)), may_hand_over=True)
    assert loop.ended_by.remedy is Remedy.HAND_OVER


def test_a_new_quote_begins_the_count_anew():
    loop = loops.begin(TOOLS)
    for number in range(8):
        loop = round_of(loop, call(query=str(number)), new=number % 3 == 2)
    assert remedies(loop) == []


def test_a_model_that_gives_nothing_valid_is_warmed_up_and_then_stopped():
    loop = loops.reflect(loops.stumble(loops.begin(TOOLS), Trouble.INVALID), exceeded=None)
    assert (loop.phase, loop.temperature) == (Phase.THINK, loops.WARM)
    loop = loops.reflect(loops.stumble(loop, Trouble.INVALID), exceeded=None)
    assert (loop.phase, loop.ended_by.trouble) == (Phase.ANSWER, Trouble.INVALID)


def test_a_reply_without_end_is_held_short_and_the_second_one_ends_the_work():
    loop = loops.reflect(loops.stumble(loops.begin(TOOLS), Trouble.RUNAWAY), exceeded=None)
    assert (loop.phase, loop.short) == (Phase.THINK, True)
    loop = loops.reflect(loops.stumble(loop, Trouble.RUNAWAY), exceeded=None)
    assert loop.ended_by.trouble is Trouble.RUNAWAY


@pytest.mark.parametrize(
    ("spent", "limit"),
    [
        ({"steps": 3}, "3 steps"),
        ({"tokens": 100}, "100 tokens"),
        ({"tool_calls": 5}, "5 tool calls"),
        ({"seconds": 2.5}, "2.5 seconds"),
        ({"steps": 2, "tokens": 99, "tool_calls": 4, "seconds": 2.4}, None),
    ],
)
def test_a_budget_names_the_limit_that_is_reached(spent, limit):
    budget = Budget(max_steps=3, max_tokens=100, max_tool_calls=5, max_seconds=2.5)
    assert Spent(**spent).exceeds(budget) == limit


def test_a_budget_that_is_used_up_ends_the_work():
    loop = loops.reflect(loops.stumble(loops.begin(TOOLS), Trouble.INVALID), exceeded="3 steps")
    assert loop.ended_by.reason == "the budget of 3 steps is used up"


def test_the_same_history_is_judged_the_same():
    loops_twice = []
    for _ in range(2):
        loop = loops.begin(TOOLS)
        for number in range(5):
            loop = round_of(loop, call(query=str(number // 2)), result=str(number // 2))
        loops_twice.append(loop)
    assert loops_twice[0] == loops_twice[1]
