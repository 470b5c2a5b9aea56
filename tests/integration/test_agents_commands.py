"""The colony's members on the command line, also those of one's own."""

import json
from itertools import pairwise

import pytest

from rookery.domain.runs import ResearchRequest
from tests.support import bad_models as models
from tests.support.colony import make_container
from tests.support.openai_chat import Chat
from tests.support.openai_server import openai_server
from tests.support.server import CORPUS, rookery

HISTORIAN = """\
role = "historian"
goal = "Find who built what at Kittiwake Point, when, and where they learnt their trade."
tools = ["search_documents", "recall_memory", "delegate"]

[budget]
max_steps = 6
"""
TASK = "Who built the tide gauge?"


@pytest.fixture
def project(tmp_path):
    """A folder with an agent of its own."""
    (tmp_path / "project" / "agents").mkdir(parents=True)
    (tmp_path / "project" / "agents" / "historian.toml").write_text(HISTORIAN)
    return tmp_path / "project"


def test_an_agent_of_ones_own_works_alone(home, project):
    asked = rookery("agents", "run", "historian", TASK, "--source", str(CORPUS), "--json", home=home, folder=project)
    assert asked.returncode == 0, asked.stderr
    result = json.loads(asked.stdout)
    assert "Lucien Méridot" in result["output"]
    assert result["inputs"]["agent"] == "historian"


def test_it_is_shown_while_it_works_and_nobody_plans(home, project):
    asked = rookery("agents", "run", "historian", TASK, "--stream-json", home=home, folder=project)
    events = [json.loads(line) for line in asked.stdout.splitlines()]
    assert {event["agent_id"] for event in events if event["type"] == "agent_started"} == {
        "coordinator",
        "historian",
        "writer",
    }
    assert not any(event["type"] == "plan_made" for event in events)


def test_a_name_with_a_hyphen_is_a_name(home, project):
    (project / "agents" / "local-historian.toml").write_text(HISTORIAN)
    asked = rookery("agents", "run", "local-historian", TASK, "--json", home=home, folder=project)
    assert asked.returncode == 0, asked.stderr


def test_the_task_can_come_from_standard_input(home):
    asked = rookery("agents", "run", "researcher", "-", "--json", home=home, stdin=f"{TASK}\n")
    assert json.loads(asked.stdout)["inputs"]["question"] == TASK


@pytest.mark.parametrize("agent", ["nobody", "writer", "../historian"])
def test_an_agent_that_is_none_or_does_not_work_alone_is_refused(home, project, agent):
    told = rookery("agents", "run", agent, TASK, home=home, folder=project)
    assert told.returncode == 2
    assert "Traceback" not in told.stderr


def test_members_are_listed_and_shown_with_ones_own(home, project):
    listed = json.loads(rookery("agents", "list", "--json", home=home, folder=project).stdout)
    assert [agent["id"] for agent in listed][-1] == "historian"
    shown = json.loads(rookery("agents", "show", "historian", "--json", home=home, folder=project).stdout)
    assert shown == listed[-1]
    assert shown["budget"]["max_steps"] == 6
    told = rookery("agents", "show", "historian", home=home, folder=project, settings={"COLUMNS": "80"}).stdout
    assert "rookery agents run historian" in told
    assert max(map(len, told.splitlines())) <= 80
    table = rookery("agents", "list", home=home, folder=project, settings={"COLUMNS": "80"}).stdout
    assert max(map(len, table.splitlines())) <= 80


def test_a_broken_file_of_an_agent_ends_every_command_with_its_name(home, project):
    (project / "agents" / "historian.toml").write_text('goal = "')
    for command in (["agents", "list"], ["research", TASK]):
        told = rookery(*command, home=home, folder=project)
        assert told.returncode == 2
        assert "historian.toml cannot be read" in told.stderr


@pytest.mark.anyio
async def test_a_run_goes_on_only_where_its_agent_is(home, project, monkeypatch):
    monkeypatch.chdir(project)
    request = ResearchRequest(question=TASK, sources=[str(CORPUS)], agent="historian")
    run = await make_container(home, embedder=None).start_run()(request)
    told = rookery("runs", "resume", run.id, home=home)
    assert told.returncode == 2
    assert "where agents/historian.toml is" in told.stderr
    resumed = rookery("runs", "resume", run.id, "--json", home=home, folder=project)
    assert resumed.returncode == 0, resumed.stderr


def test_the_seed_reaches_the_model(home):
    with openai_server(chat=Chat(say=models.sound, context=16384)) as server:
        settings = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-not-a-real-key"}
        command = ["agents", "run", "researcher", TASK, "--model", "openai:rook-1", "--seed", "7", "--json"]
        asked = rookery(*command, home=home, settings=settings)
        assert json.loads(asked.stdout)["inputs"]["seed"] == 7
        seeds = {models.kind_of(received.chat): received.chat.seed for received in server.received}
    assert (seeds["act"], seeds["quote"]) == (7, 7)


def test_a_growing_conversation_is_read_once_by_a_server_that_caches(home):
    with openai_server(chat=Chat(say=models.otherwise(act=models.never_ends_its_work()), context=16384)) as server:
        settings = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-not-a-real-key"}
        command = ["agents", "run", "researcher", TASK, "--model", "openai:rook-1", "--json"]
        usage = json.loads(rookery(*command, home=home, settings=settings).stdout)["usage"]
        prompts = [received.chat.prompt for received in server.received if models.kind_of(received.chat) == "act"]
    assert len(prompts) > 3
    for before, after in pairwise(prompts):
        assert after.startswith(before.removesuffix("<assistant>\n"))
    assert 0 < usage["cached_prompt_tokens"] < usage["prompt_tokens"]
    assert usage["cached_prompt_tokens"] > usage["prompt_tokens"] / 2
