"""What docs/agents.md says of agents is so."""

import re

import pytest

from rookery.application.agents import assignments, memo, toolbox
from rookery.domain import actions, supervision
from rookery.domain.actions import Decision, Observed, ToolCall, Turn
from rookery.domain.interventions import Remedy, Trouble
from rookery.domain.runs import EFFORTS, Depth, RunStatus
from rookery.domain.supervision import Means, judge
from rookery.entrypoints.container import prepare
from tests.support.colony import ask, make_container
from tests.support.server import CORPUS, ROOT

GUIDE = (ROOT / "docs" / "agents.md").read_text("utf-8")
MEANS = Means(tools=["search", "read"], may_delegate=True, may_hand_over=True)


def a_round(number, *, new=0, digest=""):
    call = ToolCall(tool="search", arguments={"query": "same" if digest else str(number)})
    seen = Observed(call=call, text="…", digest=digest or str(number))
    return Turn(decision=Decision(calls=[call]), seen=[seen], new=new)


ASTRAY = {
    Trouble.LOOP: lambda number: a_round(number, new=1, digest="same"),
    Trouble.STALL: a_round,
    Trouble.INVALID: lambda _: Turn(fault=Trouble.INVALID),
    Trouble.RUNAWAY: lambda _: Turn(fault=Trouble.RUNAWAY),
}


def ladder(trouble):
    """Let an agent go on and on in one way, and return what is done about it until its work ends."""
    turns, remedies = [], []
    while not remedies or not turns[-1].intervention or not turns[-1].intervention.ends_work:
        turns.append(ASTRAY[trouble](len(turns)))
        intervention = judge(turns, MEANS)
        turns[-1] = turns[-1].model_copy(update={"intervention": intervention})
        remedies += [intervention.remedy] if intervention else []
    return remedies


def test_the_table_of_ladders_is_what_the_rules_do():
    rows = re.findall(r"^\| ([\w ]+) \| [^|]+ \| ([^|]*) \|$", GUIDE, re.MULTILINE)
    told = {trouble: remedies.split(" → ") for trouble, remedies in rows if trouble != "trouble"}
    assert told.keys() == {trouble.value for trouble in Trouble}
    for trouble in ASTRAY:
        assert told[trouble.value] == [remedy.value for remedy in ladder(trouble)]
    assert told[Trouble.BUDGET.value] == [Remedy.STOP.value]


def test_its_numbers_are_those_of_the_code():
    assert supervision.STALL == 3
    assert "three rounds without a new quote" in GUIDE
    assert actions.MOST_CALLS == 3
    assert "up to three tool calls" in GUIDE
    assert f"Beyond {memo.SCRATCHPAD:,} tokens" in GUIDE
    assert assignments.DEEPEST == 2
    assert [EFFORTS[depth].thoughts for depth in Depth] == [0, 2, 6]
    assert len(toolbox.shortened("x" * 2000)) == 2000
    assert "more characters" in toolbox.shortened("x" * 2001)


@pytest.mark.anyio
async def test_its_agent_works(home):
    [example] = [block for block in re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL) if "goal" in block]
    (home / "agents").mkdir()
    (home / "agents" / "historian.toml").write_text(example)
    container = make_container(home)
    await prepare(container)
    assert container.agents()["historian"].budget.max_tokens == 100_000
    run = await ask(container, "Who built the tide gauge?", CORPUS, agent="historian")
    assert run.status is RunStatus.SUCCEEDED
    assert "Lucien Méridot" in run.result.output
