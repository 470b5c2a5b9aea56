"""Asking, and what comes of it."""

from pytest_bdd import given, parsers, then, when

from rookery.domain import events
from rookery.domain.results import TaskStatus
from tests.support.desk import Desk
from tests.support.server import CORPUS


@given("the archive of Kittiwake Point")
def archive(desk: Desk) -> None:
    desk.sources.append(CORPUS)


@when(parsers.parse('I ask "{question}"'))
def ask(desk: Desk, question: str) -> None:
    desk.ask(question)


@when("I ask the same again")
def ask_again(desk: Desk) -> None:
    desk.ask(desk.runs[-1].question)


@when(parsers.parse('I give the colony no time to ask "{question}"'))
def ask_in_a_hurry(desk: Desk, question: str) -> None:
    desk.ask(question, max_seconds=1e-6)


@then("I get an answer")
def answered(desk: Desk) -> None:
    assert desk.result.status is TaskStatus.SUCCEEDED
    assert desk.result.claims
    assert all(claim.supported for claim in desk.result.claims)


@then(parsers.parse('the answer mentions "{words}"'))
def mentions(desk: Desk, words: str) -> None:
    assert words in desk.result.output


@then(parsers.parse("it rests on at least {count:d} documents"))
def documents(desk: Desk, count: int) -> None:
    assert len({citation.source_sha256 for citation in desk.result.citations}) >= count


@then("every quote stands in its source, character for character")
def true_quotes(desk: Desk) -> None:
    assert desk.result.citations
    assert desk.false_quotes() == []


@then("I am told that the sources do not answer this question")
def not_found(desk: Desk) -> None:
    assert desk.result.output == "The sources do not answer this question."
    assert desk.result.status is TaskStatus.PARTIAL


@then("I am told that nothing clearly answers it")
def only_near(desk: Desk) -> None:
    assert "Nothing in the sources clearly answers this question" in (desk.result.reflection_notes or "")


@then("nothing is claimed as supported")
def nothing_supported(desk: Desk) -> None:
    assert not any(claim.supported for claim in desk.result.claims)


@then("the answer is partial")
def partial(desk: Desk) -> None:
    assert desk.result.status is TaskStatus.PARTIAL


@then("I am told that the time was used up")
def out_of_time(desk: Desk) -> None:
    assert "time budget is used up" in (desk.result.reflection_notes or "")


@then("the coordinator made a plan")
def planned(desk: Desk) -> None:
    plans = [event for event in desk.events(desk.runs[-1]) if isinstance(event, events.PlanMade)]
    assert len(plans) == 1
    assert plans[0].sub_questions


@then("each sub-question had a researcher of its own")
def one_researcher_each(desk: Desk) -> None:
    happened = desk.events(desk.runs[-1])
    planned = next(event.sub_questions for event in happened if isinstance(event, events.PlanMade))
    goals = {event.agent_id: event.goal for event in happened if isinstance(event, events.AgentStarted)}
    researchers = [goal for agent, goal in goals.items() if agent.startswith("researcher-")]
    assert researchers[: len(planned)] == planned


@then("the critic looked at the evidence before the writer wrote")
def order(desk: Desk) -> None:
    agents = [event.agent_id for event in desk.events(desk.runs[-1]) if isinstance(event, events.AgentStarted)]
    assert agents[0] == "coordinator"
    assert agents.index("critic") < agents.index("writer") == len(agents) - 1


@then("no document was new the second time")
def nothing_new(desk: Desk) -> None:
    returned = [event for event in desk.events(desk.runs[-1]) if isinstance(event, events.ToolReturned)]
    assert any(event.summary.endswith(" 0 of them new") for event in returned)


@then("both answers are the same")
def same_answers(desk: Desk) -> None:
    first, second = (run.result for run in desk.runs[-2:])
    assert first is not None
    assert second is not None
    assert (first.claims, first.citations, first.output) == (second.claims, second.citations, second.output)
