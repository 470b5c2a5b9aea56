"""How agents work together, and what becomes of models that go astray."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytest_bdd import given, parsers, then, when

from rookery.domain import events
from rookery.domain.runs import Depth
from tests.support import bad_models as bad
from tests.support import good_models as good
from tests.support.bad_models import Say, otherwise
from tests.support.desk import Desk
from tests.support.openai_chat import Chat
from tests.support.openai_server import openai_server

HISTORIAN = """\
role = "historian"
goal = "Find who built what, and when."
tools = ["search_documents"]
"""
MODELS: dict[str, Callable[[], Say]] = {
    "works as it should": lambda: bad.sound,
    "divides a question, and reads when all parts are being worked on": good.divides,
    "has the historian help": lambda: otherwise(act=good.has_a_historian_help, write=good.writes_all),
    "hands everything on": lambda: otherwise(act=good.hands_everything_on),
    "always thinks of one more thing": lambda: otherwise(act=bad.never_ends_its_work()),
    "finds something once and looks for more for ever": lambda: otherwise(
        act=bad.never_ends_its_work(), quote=good.quotes_once()
    ),
    "makes the same call for ever": lambda: otherwise(act=bad.repeats_itself),
    "calls what is not there": lambda: otherwise(act=bad.calls_what_is_not_there),
    "talks nonsense": lambda: bad.garbage,
    "states figures of its own": lambda: otherwise(write=bad.contradicts_itself),
}
Think = Callable[[Say], None]


@pytest.fixture
def think(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Think]:
    """Have a model behind a server think for the desk."""
    with ExitStack() as servers:

        def think(say: Say) -> None:
            server = servers.enter_context(openai_server(chat=Chat(say=say, context=32768)))
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
            desk.thinks_with("openai:rook-1")

        yield think
        desk.wait(desk.container.llms().close())


@given("a model that falls silent when it is to decide")
def falls_silent(think: Think, request: pytest.FixtureRequest) -> None:
    model = good.FallsSilent()
    request.addfinalizer(model.wake)
    think(model)


@given(parsers.re(r"a model that (?P<manner>(?!falls silent).*)"))
def thinks(think: Think, manner: str) -> None:
    think(MODELS[manner]())


@given("a historian of my own")
def historian(desk: Desk) -> None:
    desk.hires("historian", HISTORIAN)


@given(parsers.parse("a historian of my own who may have {allowance}"))
def bounded_historian(desk: Desk, allowance: str) -> None:
    desk.hires("historian", f"{HISTORIAN}[budget]\n{allowance}\n")


@given(parsers.parse('a note that says "{text}"'))
def note(desk: Desk, tmp_path: Path, text: str) -> None:
    path = tmp_path / f"note-{len(desk.sources) + 1}.md"
    path.write_text(f"# Note {len(desk.sources) + 1}\n\n{text}\n", "utf-8")
    desk.sources.append(path)


@when(parsers.parse('I ask for everything about "{question}"'))
def ask_deeply(desk: Desk, question: str) -> None:
    desk.ask(question, depth=Depth.DEEP)


@when(parsers.parse('I have the historian find out "{question}"'))
def ask_historian(desk: Desk, question: str) -> None:
    desk.ask(question, agent="historian")


@then("they worked side by side")
def side_by_side(desk: Desk) -> None:
    told = [event for event in desk.events(desk.runs[-1]) if event.agent_id.startswith("researcher-")]
    first_end = next(n for n, event in enumerate(told) if isinstance(event, events.AgentFinished))
    assert sum(isinstance(event, events.AgentStarted) for event in told[:first_end]) == len(good.PARTS)


@then("the historian did a part of a researcher's task")
def historian_helped(desk: Desk) -> None:
    helpers = [one for one in _started(desk) if one.role == "historian"]
    assert [(one.goal, one.parent_id) for one in helpers] == [(good.PARTS[0], "researcher-1")]


@then("what the historian found is cited")
def historian_cited(desk: Desk) -> None:
    helper = next(one.agent_id for one in _started(desk) if one.role == "historian")
    assert helper in {citation.agent_id for citation in desk.result.citations}


@then("no task was handed on more than twice")
def bounded(desk: Desk) -> None:
    parents = {one.agent_id: one.parent_id for one in _started(desk)}
    depths = [_depth(agent, parents) for agent in parents if agent.startswith("researcher-")]
    assert max(depths) == 2


@then("nobody planned, and nobody else searched")
def alone(desk: Desk) -> None:
    happened = desk.events(desk.runs[-1])
    assert not any(isinstance(event, events.PlanMade) for event in happened)
    searched = {event.agent_id for event in happened if isinstance(event, events.ToolCalled)}
    assert searched == {"coordinator", "historian"}  # the coordinator reads the sources


@then("the critic asked on")
def asked_on(desk: Desk) -> None:
    assert _follow_ups(desk)


@then("its question had a researcher of its own")
def followed_up(desk: Desk) -> None:
    assert set(_follow_ups(desk)) <= {one.goal for one in _started(desk) if one.role == "researcher"}


@then("I am told that the sources disagree")
def disagreement(desk: Desk) -> None:
    reflections = [event for event in desk.events(desk.runs[-1]) if isinstance(event, events.ReflectionMade)]
    contradictions = [told for reflection in reflections for told in reflection.contradictions]
    assert contradictions
    assert contradictions[0] in (desk.result.reflection_notes or "")


@then("it shows what was found until then")
def something_found(desk: Desk) -> None:
    assert desk.result.claims
    assert desk.result.citations
    assert desk.false_quotes() == []


@then(parsers.parse("I am told that {limit} were used up"))
def used_up(desk: Desk, limit: str) -> None:
    assert f"the budget of {limit} is used up" in (desk.result.reflection_notes or "")


@then(parsers.parse("the supervisor tried to {remedy} before it stopped it"))
def brought_back(desk: Desk, remedy: str) -> None:
    actions = [event.action for event in _interventions(desk)]
    assert remedy in actions
    assert actions.index(remedy) < actions.index("stop with what was found")


@then(parsers.parse('the answer says "{words}"'))
def says(desk: Desk, words: str) -> None:
    assert words in (desk.result.reflection_notes or "")


@then("the answer names who stood in")
def names(desk: Desk) -> None:
    assert "extractive" in desk.result.model


@then("the supervisor had nothing to do")
def no_trouble(desk: Desk) -> None:
    assert _interventions(desk) == []


def _started(desk: Desk) -> list[events.AgentStarted]:
    return [event for event in desk.events(desk.runs[-1]) if isinstance(event, events.AgentStarted)]


def _interventions(desk: Desk) -> list[events.SupervisorIntervened]:
    return [event for event in desk.events(desk.runs[-1]) if isinstance(event, events.SupervisorIntervened)]


def _follow_ups(desk: Desk) -> list[str]:
    happened = desk.events(desk.runs[-1])
    reflections = [event for event in happened if isinstance(event, events.ReflectionMade)]
    return [question for reflection in reflections for question in reflection.follow_ups]


def _depth(agent: str, parents: dict[str, str | None]) -> int:
    parent = parents.get(agent)
    return 0 if parent is None or parent == "coordinator" else 1 + _depth(parent, parents)
