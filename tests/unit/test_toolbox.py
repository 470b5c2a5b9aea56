"""Calling tools: side by side, each once, and never without being told what came of it."""

import asyncio

import pytest

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.llms.scripted import ScriptedLLM
from rookery.adapters.run_stores.in_memory import InMemoryRunStore
from rookery.application.agents.toolbox import Toolbox
from rookery.domain.actions import Observed, ToolCall, Turn
from rookery.domain.agents import Agent
from rookery.domain.errors import NotFound, OutsideSandbox, RunStopped, SourceError, ToolError
from rookery.domain.events import ToolCalled, ToolReturned
from rookery.domain.ports.tool import Limits, Outcome, Scope
from tests.support.bench import NOON, Looks, make_bench
from tests.support.evidence import a_passage

pytestmark = pytest.mark.anyio
ROOKS = a_passage("Rooks nest in tall elms.")


def a_toolbox(*tools, run_store=None, named=None):
    named = named or [tool.name for tool in tools]
    agent = Agent(id="researcher-1", role="researcher", goal="Find.", tools=named)
    run_store = run_store or InMemoryRunStore(clock=ManualClock(NOON))
    bench = make_bench(ScriptedLLM([]), *tools, run_store=run_store)
    return Toolbox(bench, Scope(run_id="run-1", agent=agent, namespace="default"), delegation=None), run_store


def call(tool="search", **arguments):
    return ToolCall(tool=tool, arguments=arguments or {"query": "rooks"})


async def the_only(toolbox, one, *, turns=(), allowed=("search",)):
    [outcome] = await toolbox.call([one], turns, allowed)
    return outcome


async def test_calls_are_made_side_by_side_and_come_back_in_their_order():
    both = asyncio.Barrier(2)  # neither returns before the other was called

    class Meets(Looks):
        async def __call__(self, arguments, scope):
            async with asyncio.timeout(5):
                await both.wait()
            return await super().__call__(arguments, scope)

    toolbox, run_store = a_toolbox(Meets("search", {"rooks": [ROOKS]}), Meets("archive", {"rooks": "a letter"}))
    first, second = await toolbox.call([call(), call("archive", query="rooks")], [], ["search", "archive"])
    assert first.passages == [ROOKS]
    assert "a letter" in second.text
    happened = await run_store.events("run-1")
    assert {event.tool for event in happened if isinstance(event, ToolCalled)} == {"search", "archive"}
    assert sum(isinstance(event, ToolReturned) for event in happened) == 2


async def test_a_call_that_was_made_before_is_not_made_again():
    tool = Looks("search", {"rooks": [ROOKS]})
    toolbox, _ = a_toolbox(tool)
    before = Turn(seen=[Observed(call=call(), text="…", digest="d")])
    outcome = await the_only(toolbox, call(), turns=[before])
    assert "before" in outcome.text
    assert tool.asked == []


async def test_a_call_that_failed_may_be_made_again():
    tool = Looks("search", {"rooks": [ROOKS]})
    toolbox, _ = a_toolbox(tool)
    before = Turn(seen=[Observed(call=call(), ok=False, text="…")])
    assert (await the_only(toolbox, call(), turns=[before])).passages == [ROOKS]


async def test_a_tool_that_is_none_is_refused_with_those_there_are():
    toolbox, run_store = a_toolbox(Looks("search", {}))
    outcome = await the_only(toolbox, call("shell", command="rm"))
    assert (outcome.ok, outcome.text) == (False, "there is no tool 'shell' for you; there are: search")
    assert await run_store.events("run-1") == []


async def test_a_tool_that_was_taken_away_is_refused():
    tool = Looks("search", {"rooks": [ROOKS]})
    toolbox, _ = a_toolbox(tool, Looks("archive", {}))
    outcome = await the_only(toolbox, call(), allowed=["archive"])
    assert not outcome.ok
    assert tool.asked == []


@pytest.mark.parametrize("arguments", [{"q": "rooks"}, {"query": ""}, {"query": 3}, {"query": "a", "limit": 2}])
async def test_wrong_arguments_are_told_by_their_names(arguments):
    tool = Looks("search", {})
    toolbox, _ = a_toolbox(tool)
    outcome = await the_only(toolbox, call(**arguments))
    assert outcome.text.startswith("search cannot be called like that: ")
    assert not outcome.ok
    assert tool.asked == []


async def test_a_tool_that_fails_is_told_and_does_not_end_the_work():
    toolbox, _ = a_toolbox(Looks("search", {"rooks": ToolError("the archive is closed on Mondays")}))
    outcome = await the_only(toolbox, call())
    assert (outcome.ok, outcome.text) == (False, "the archive is closed on Mondays")
    assert [str(failure) for failure in toolbox.failures] == ["the archive is closed on Mondays"]


async def test_a_long_text_is_shortened_and_says_so():
    toolbox, _ = a_toolbox(Looks("search", {"rooks": "x" * 5000}))
    text = (await the_only(toolbox, call())).text
    assert text.endswith("… (3000 more characters)")


async def test_one_that_takes_too_long_is_given_up_and_the_agent_is_told():
    class Endless(Looks):
        limits = Limits(seconds=0.01)

        async def __call__(self, arguments, scope):
            await asyncio.Event().wait()

    toolbox, _ = a_toolbox(Endless("search", {}))
    outcome = await the_only(toolbox, call())
    assert (outcome.ok, outcome.text) == (False, "search took longer than 0.01 seconds")


@pytest.mark.parametrize("error", [SourceError("no such page"), OutsideSandbox("not there"), NotFound("no such issue")])
async def test_what_a_tool_refuses_is_told_to_the_agent(error):
    toolbox, _ = a_toolbox(Looks("search", {"rooks": error}))
    outcome = await the_only(toolbox, call())
    assert (outcome.ok, outcome.text) == (False, str(error))
    assert [str(failure) for failure in toolbox.failures] == [str(error)]


async def test_a_tool_may_say_more_than_others():
    class Verbose(Looks):
        limits = Limits(characters=4000)

    toolbox, _ = a_toolbox(Verbose("search", {"rooks": "x" * 5000}))
    assert (await the_only(toolbox, call())).text.endswith("… (1000 more characters)")


async def test_credentials_reach_neither_the_model_nor_the_journal():
    secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    tool = Looks("search", {"token=[redacted:github-token]": f"it is {secret}"})
    toolbox, run_store = a_toolbox(tool)
    outcome = await the_only(toolbox, call(query=f"token={secret}"))
    assert outcome.text == "it is [redacted:github-token]"
    kept = [*await run_store.events("run-1"), *await run_store.steps("run-1")]
    assert kept
    assert secret not in "".join(one.model_dump_json() for one in kept)


async def test_all_tools_of_a_server_are_named_at_once():
    toolbox, _ = a_toolbox(Looks("wiki.search", {}), Looks("wiki.read", {}), Looks("shell", {}), named=["wiki.*"])
    assert [spec.name for spec in toolbox.specs] == ["wiki.search", "wiki.read"]


async def test_a_wish_to_stop_comes_through_as_itself():
    class Stopped(Looks):
        async def __call__(self, arguments, scope):
            raise RunStopped("pause")

    toolbox, _ = a_toolbox(Stopped("search", {}), Looks("archive", {}))
    with pytest.raises(RunStopped):
        await toolbox.call([call(), call("archive", query="rooks")], [], ["search", "archive"])


async def test_a_result_is_taken_from_the_journal_when_the_work_is_done_again():
    tool = Looks("search", {"rooks": [ROOKS]})
    toolbox, run_store = a_toolbox(tool)
    first = await the_only(toolbox, call())
    again, _ = a_toolbox(tool, run_store=run_store)
    assert await the_only(again, call()) == first == Outcome(summary="1 passages", passages=[ROOKS])
    assert tool.asked == ["rooks"]
