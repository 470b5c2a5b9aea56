"""Tools of others: registered by an entry point, configured by a section, called by the agents that name them."""

import pytest
from dependency_injector import providers

from rookery.domain.agents import Lineup
from rookery.domain.errors import ConfigurationError
from rookery.domain.events import SupervisorIntervened, ToolCalled, ToolReturned
from rookery.domain.runs import RunStatus
from rookery.entrypoints.container import Container
from rookery.entrypoints.settings import ResearchSettings, Settings
from tests.support import bad_models as models
from tests.support.almanac import install
from tests.support.colony import ask
from tests.support.openai_chat import Chat
from tests.support.openai_server import openai_server

pytestmark = pytest.mark.anyio
SAILOR = 'goal = "Find when to sail."\ntools = ["almanac"]\n'


def a_container(home, *, agent=SAILOR, model="extractive", **settings):
    (home / "agents").mkdir(parents=True)
    (home / "agents" / "sailor.toml").write_text(agent)
    research = ResearchSettings(offline=True, embedder=None, vector_store="memory", model=model)
    return Container(settings=Settings(home=home, research=research, **settings))


async def happenings(container, question="When is high water?"):
    run = await ask(container, question, agent="sailor")
    return run, await container.run_store().events(run.id)


async def test_an_agent_calls_a_tool_that_was_installed(tmp_path, monkeypatch):
    install(tmp_path / "site", monkeypatch)
    run, happened = await happenings(a_container(tmp_path / "home"))
    assert run.status is RunStatus.PARTIAL  # what a tool says is no document that could be cited
    assert [event.tool for event in happened if isinstance(event, ToolCalled)] == ["almanac"]
    assert [event.summary for event in happened if isinstance(event, ToolReturned)] == ["one tide"]


async def test_its_settings_are_its_own_and_what_it_says_is_read_as_material(tmp_path, monkeypatch):
    install(tmp_path / "site", monkeypatch)
    prompts = []

    def looks_once(asked):
        prompts.append([message.content for message in asked.messages])
        return models.decides(("almanac", {"query": "tides"})) if len(prompts) == 1 else models.decides(("finish", {}))

    with openai_server(chat=Chat(say=models.otherwise(act=looks_once), context=8192)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
        tools = {"almanac": {"harbour": "Gull Cove"}}
        container = a_container(tmp_path / "home", model="openai:rook-1", tools=tools)
        await happenings(container)
        await container.llms().close()
    said = prompts[1][-1]
    assert '<document id="almanac" title="tides">\nHigh water at Gull Cove at nine.' in said
    assert said.count("</document>") == 1


async def test_one_that_fails_is_told_and_the_run_ends_well(tmp_path, monkeypatch):
    install(tmp_path / "site", monkeypatch)
    agent = SAILOR.replace('["almanac"]', '["almanac", "search_documents"]')
    run, happened = await happenings(a_container(tmp_path / "home", agent=agent), "When is high water tomorrow?")
    assert run.result is not None
    returned = {event.tool: (event.ok, event.summary) for event in happened if isinstance(event, ToolReturned)}
    assert returned["almanac"] == (False, "the almanac ends today")
    assert "sailor was hindered: the almanac ends today" in run.result.reflection_notes


@pytest.mark.parametrize(
    ("installed", "settings", "complaint"),
    [
        ({}, {"tools": {"almanac": {"harbour": 3}}}, r"\[tools.almanac\] are wrong: harbour"),
        ({"called": "tides"}, {}, "a tool needs a name of its own"),
    ],
)
def test_one_that_cannot_be_had_is_refused_by_name(tmp_path, monkeypatch, installed, settings, complaint):
    install(tmp_path / "site", monkeypatch, **installed)
    agent = SAILOR.replace("almanac", installed.get("called", "almanac"))
    with pytest.raises(ConfigurationError, match=complaint):
        a_container(tmp_path / "home", agent=agent, **settings).tools()


def test_one_that_nobody_names_is_not_even_imported(tmp_path, monkeypatch):
    install(tmp_path / "site", monkeypatch)
    (tmp_path / "site" / "tides_read.py").write_text("raise RuntimeError('imported')")
    agent = 'goal = "Find when to sail."\n'
    assert "almanac" not in a_container(tmp_path / "home", agent=agent).tools()


async def test_an_agent_that_came_from_another_machine_has_the_tools_that_are_here_and_the_run_names_the_others(
    tmp_path, monkeypatch
):
    install(tmp_path / "site", monkeypatch)
    container = a_container(tmp_path / "home", agent='goal = "Find when to sail."\n')
    sailor = container.agents()["sailor"].model_copy(update={"tools": ["almanac", "sextant", "harbours.*"]})
    container.lineup.override(providers.Object(Lineup(agents=container.agents() | {"sailor": sailor})))
    run, happened = await happenings(container)
    assert run.status is RunStatus.PARTIAL
    assert [event.tool for event in happened if isinstance(event, ToolCalled)] == ["almanac"]
    told = [event.reason for event in happened if isinstance(event, SupervisorIntervened)]
    for lacking in ("sextant", "harbours.*"):
        assert f"sailor has no tool {lacking} on the machine that conducts the run" in told
    assert "almanac" not in " ".join(told)
