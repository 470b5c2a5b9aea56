"""An agent gives a part of its task to another; what that one finds, and what it costs, comes back to it."""

import asyncio
import json

import pytest

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.run_stores.in_memory import InMemoryRunStore
from rookery.application.agents.assignments import DEEPEST
from rookery.application.agents.researcher import Researcher
from rookery.application.agents.roster import RESEARCHER
from rookery.domain.agents import Agent, Budget
from rookery.domain.errors import LLMError, ToolError
from rookery.domain.events import AgentStarted, SupervisorIntervened
from rookery.domain.inference import LLMReply
from rookery.domain.reasoning import ActJob, FindEvidenceJob
from rookery.domain.results import Usage
from tests.support.bench import NOON, CharactersLLM, Looks, a_task, make_bench
from tests.support.evidence import a_passage

pytestmark = pytest.mark.anyio
HISTORIAN = Agent(id="historian", role="historian", goal="Find who did what.", tools=["search_documents"])
FINISH = [("finish", {})]


class Minded(CharactersLLM):
    """Decides as a function of the task and of the number of rounds says, and quotes whole passages."""

    def __init__(self, decide):
        super().__init__()
        self._decide = decide
        self.tools = {}

    async def complete(self, request):
        job = request.job
        if isinstance(job, FindEvidenceJob):
            quotes = [{"passage_id": piece.id, "quote": piece.text, "score": 0.9} for piece in job.passages]
            said = {"quotes": quotes}
        else:
            assert isinstance(job, ActJob)
            self.tools[request.session] = [spec.name for spec in job.tools]
            calls = self._decide(job.task, len(job.turns))
            said = {"thought": "on", "calls": [{"tool": tool, "arguments": given} for tool, given in calls]}
        return LLMReply(text=json.dumps(said), usage=Usage(prompt_tokens=100, completion_tokens=10))


def hands(*tasks, agent="researcher"):
    return [("delegate", {"task": task, "agent": agent}) for task in tasks]


def library(**found):
    return Looks("search_documents", {query: [a_passage(text)] for query, text in found.items()})


async def investigate(llm, *tools, agents=(RESEARCHER, HISTORIAN), budget=None, **task):
    run_store = InMemoryRunStore(clock=ManualClock(NOON))
    bench = make_bench(llm, *tools, agents=agents, run_store=run_store, budget=budget)
    found = await Researcher(bench, a_task(**task)).investigate()
    return found, await run_store.events("run-1"), bench


def started(happened):
    return {event.agent_id: event for event in happened if isinstance(event, AgentStarted)}


async def test_a_part_of_a_task_is_done_by_another_and_comes_back_as_evidence():
    llm = Minded(lambda task, rounds: hands("elms") if (task, rounds) == ("whole", 0) else FINISH)
    found, happened, _ = await investigate(llm, library(elms="Rooks nest in elms."), question="whole")
    assert [(piece.quote, piece.agent_id) for piece in found.evidence] == [("Rooks nest in elms.", "researcher-1.1.1")]
    helper = started(happened)["researcher-1.1.1"]
    assert (helper.goal, helper.parent_id) == ("elms", "researcher-1")


async def test_parts_are_numbered_in_the_order_in_which_they_were_handed_on():
    tool = library(elms="Rooks nest in elms.", oaks="Jays nest in oaks.")
    llm = Minded(lambda task, rounds: hands("oaks", "elms") if (task, rounds) == ("whole", 0) else FINISH)
    found, _, _ = await investigate(llm, tool, question="whole")
    assert [(piece.id, piece.quote) for piece in found.evidence] == [
        (1, "Jays nest in oaks."),
        (2, "Rooks nest in elms."),
    ]


async def test_a_task_is_handed_on_twice_at_most():
    llm = Minded(lambda task, rounds: hands(f"{task}+") if rounds == 0 or (task != "whole" and rounds < 2) else FINISH)
    _, happened, _ = await investigate(llm, library(), question="whole")
    assert max(agent.count(".") // 2 for agent in started(happened)) == DEEPEST
    deepest = [tools for session, tools in llm.tools.items() if session.count(".") == 2 * DEEPEST]
    assert deepest
    assert not any("delegate" in tools for tools in deepest)


async def test_a_specialist_is_handed_what_it_is_for():
    llm = Minded(lambda task, rounds: hands("elms", agent="historian") if (task, rounds) == ("whole", 0) else FINISH)
    _, happened, _ = await investigate(llm, library(elms="Rooks nest in elms."), question="whole")
    assert started(happened)["researcher-1.1.1"].role == "historian"


@pytest.mark.parametrize("stranger", ["nobody", "writer"])
async def test_nothing_can_be_handed_to_who_is_not_there(stranger):
    llm = Minded(lambda _, rounds: hands("elms", agent=stranger) if rounds == 0 else FINISH)
    found, happened, _ = await investigate(llm, library(), question="whole")
    assert found.evidence == []
    assert list(started(happened)) == ["researcher-1"]


async def test_what_a_helper_spends_is_counted_once():
    llm = Minded(lambda task, rounds: hands("elms") if (task, rounds) == ("whole", 0) else FINISH)
    found, _, bench = await investigate(llm, library(elms="Rooks nest in elms."), question="whole")
    # two thoughts of its own; one of the helper, and its reading
    assert (found.spent.tokens, found.spent.steps, found.spent.tool_calls) == (4 * 110, 3, 2)
    assert found.spoken.usage.prompt_tokens == 400
    assert bench.supervisor.spent().tokens == 440
    bench.supervisor.settle("researcher-1", found.spent)
    assert (bench.supervisor.spent().tokens, bench.supervisor.spent().steps) == (440, 3)


async def test_who_finds_nothing_new_hands_its_task_to_a_specialist():
    llm = Minded(lambda task, rounds: [("search_documents", {"query": f"{task} {rounds}"})])
    agents = (RESEARCHER.model_copy(update={"tools": ["search_documents"]}), HISTORIAN)
    found, happened, bench = await investigate(
        llm, library(whole="Rooks nest in elms."), agents=agents, question="whole", thoughts=9
    )
    successor = started(happened)["researcher-1.successor"]
    assert (successor.role, successor.goal) == ("historian", "whole")
    assert [piece.quote for piece in found.evidence] == ["Rooks nest in elms."]
    assert found.stopped
    assert any("hand the task to another agent" in note for note in bench.supervisor.notes)


async def test_a_helper_that_fails_costs_its_part_only():
    class Broken(Minded):
        async def complete(self, request):
            if request.session == "researcher-1.1.1":
                raise LLMError("the model of the historian is down")
            return await super().complete(request)

    llm = Broken(lambda task, rounds: hands("elms", "oaks") if (task, rounds) == ("whole", 0) else FINISH)
    tool = library(elms="Rooks nest in elms.", oaks="Jays nest in oaks.")
    found, _, _ = await investigate(llm, tool, question="whole")
    assert [piece.quote for piece in found.evidence] == ["Jays nest in oaks."]
    assert found.trouble == ["the model of the historian is down"]


async def test_what_a_helper_had_found_is_kept_when_the_work_is_cut_off():
    thinks = asyncio.Event()

    class Endless(Minded):
        async def complete(self, request):
            reply = await super().complete(request)
            if isinstance(request.job, ActJob) and request.session == "researcher-1.1.1":
                thinks.set()
                await asyncio.Future()
            return reply

    llm = Endless(lambda task, rounds: hands("elms") if (task, rounds) == ("whole", 0) else FINISH)
    researcher = Researcher(make_bench(llm, library(elms="Rooks nest in elms.")), a_task("whole"))
    work = asyncio.create_task(researcher.investigate())
    await thinks.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert [piece.quote for piece in researcher.found().evidence] == ["Rooks nest in elms."]
    assert len(researcher.found().evidence) == 1


@pytest.mark.parametrize(
    ("budget", "limit"),
    [({"max_steps": 9}, "9 steps"), ({"max_tool_calls": 2}, "2 tool calls"), ({"max_tokens": 300}, "300 tokens")],
)
async def test_the_limit_that_ended_its_work_is_told(budget, limit):
    agent = RESEARCHER.model_copy(update={"budget": Budget.model_validate(budget), "tools": ["search_documents"]})
    rounds_of_search = Minded(lambda task, rounds: [("search_documents", {"query": f"elms {rounds}"})])
    tool = Looks("search_documents", lambda query: [a_passage(f"Rooks nest in {query}.")])
    found, happened, bench = await investigate(
        rounds_of_search, tool, agents=[agent], thoughts=2 if limit == "2 steps" else 9
    )
    assert found.stopped
    assert found.evidence
    assert bench.supervisor.notes == [f"Researcher-1: the budget of {limit} is used up: stop with what was found."]
    assert any(limit in event.reason for event in happened if isinstance(event, SupervisorIntervened))


async def test_a_conversation_that_outgrows_the_model_ends_with_what_was_found():
    class Small(Minded):
        def capabilities(self):
            return super().capabilities().model_copy(update={"context_tokens": 600})

    opening = [{"tool": "search_documents", "arguments": {"query": "elms"}}]
    found, _, bench = await investigate(Small(lambda *_: FINISH), library(elms="Rooks nest in elms."), opening=opening)
    assert [piece.quote for piece in found.evidence] == ["Rooks nest in elms."]
    assert "no room to think" in bench.supervisor.notes[0]


async def test_an_agent_whose_tools_all_fail_is_an_error_and_not_an_empty_answer():
    tool = Looks("search_documents", {"elms": ToolError("the archive is closed")})
    opening = [{"tool": "search_documents", "arguments": {"query": "elms"}}]
    with pytest.raises(ToolError, match="closed"):
        await investigate(Minded(lambda *_: FINISH), tool, opening=opening, thoughts=0)
