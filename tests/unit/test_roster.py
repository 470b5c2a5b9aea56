"""Who is in the colony: files of agents, and what is said about those that are wrong."""

import pytest

from rookery.application.agents.roster import AGENTS, RESEARCHER
from rookery.domain.agents import Budget
from rookery.domain.errors import ConfigurationError
from rookery.entrypoints.roster import roster
from rookery.entrypoints.settings import AgentSettings, Settings

TOOLS = ["search_documents", "recall_memory"]
GOAL = 'goal = "Find who built what."\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project folder; `agents` of the home lie elsewhere."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agents").mkdir()
    return tmp_path / "agents"


def members(folder, **agents):
    return roster(Settings(home=folder.parent / "home", agents=agents), TOOLS)


def write(folder, text, name="historian"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(text)


def test_an_agent_needs_a_goal_and_nothing_else(folder):
    write(folder, GOAL)
    historian = members(folder)["historian"]
    assert (historian.id, historian.goal) == ("historian", "Find who built what.")
    assert (historian.role, historian.tools) == (RESEARCHER.role, RESEARCHER.tools)
    assert historian.works_alone


def test_all_that_can_be_said_of_an_agent_is_taken(folder):
    write(
        folder,
        GOAL
        + """
role = "historian"
tools = ["search_documents", "delegate"]
model = "openai:rook-1"
priority = 3
memory = "private"
lora = "style"

[budget]
max_steps = 4
max_tool_calls = 8
""",
    )
    historian = members(folder)["historian"]
    assert (historian.role, historian.model, historian.priority) == ("historian", "openai:rook-1", 3)
    assert (historian.memory, historian.lora, historian.tools) == ("private", "style", ["search_documents", "delegate"])
    assert historian.budget == Budget(max_steps=4, max_tool_calls=8)


def test_a_file_named_like_a_member_changes_that_member(folder):
    write(folder, "[budget]\nmax_steps = 2\n", name="researcher")
    write(folder, 'goal = "Write in three sentences."\ntools = ["note_memory"]\n', name="writer")
    changed = members(folder)
    assert list(changed) == [agent.id for agent in AGENTS]
    assert (changed["researcher"].budget.max_steps, changed["researcher"].goal) == (2, RESEARCHER.goal)
    assert changed["writer"].goal == "Write in three sentences."
    assert not changed["writer"].works_alone


def test_the_project_goes_before_the_home_and_the_settings_before_both(folder):
    write(folder.parent / "home" / "agents", GOAL + "priority = 1\n")
    assert members(folder)["historian"].priority == 1
    write(folder, GOAL + "priority = 2\n")
    assert members(folder)["historian"].priority == 2
    assert members(folder, historian=AgentSettings(priority=3))["historian"].priority == 3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", r'needs a goal, as in goal = "'),
        ('goal = "', r"historian\.toml cannot be read"),
        ("goal = 3\n", r"historian\.toml is wrong: goal"),
        (GOAL + "gaol = 1\n", r"gaol: Extra inputs"),
        (GOAL + "[budget]\nmax_step = 3\n", r"budget\.max_step: Extra inputs"),
        (GOAL + "[budget]\nmax_steps = 0\n", r"budget\.max_steps"),
        (GOAL + 'tools = ["shell"]\n', r"no tool shell; there are: delegate, recall_memory, search_documents"),
        (GOAL + 'memory = "elsewhere"\n', r"memory"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong_in_it(folder, text, complaint):
    write(folder, text)
    with pytest.raises(ConfigurationError, match=complaint):
        members(folder)


def test_a_tool_that_is_none_is_told_of_members_too(folder):
    write(folder, 'tools = ["search_documents", "serach_web"]\n', name="researcher")
    with pytest.raises(ConfigurationError, match="no tool serach_web"):
        members(folder)


@pytest.mark.parametrize("name", ["The Historian", "Historian", "1st", "historian!"])
def test_a_name_that_cannot_be_typed_is_refused(folder, name):
    write(folder, GOAL, name=name)
    with pytest.raises(ConfigurationError, match="small letters"):
        members(folder)


def test_a_file_that_is_no_text_is_told(folder):
    (folder / "historian.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        members(folder)


def test_settings_of_an_agent_that_is_not_there_are_told_with_those_there_are(folder):
    write(folder, GOAL)
    with pytest.raises(ConfigurationError, match=r"scribe; there are: coordinator.*historian"):
        members(folder, scribe=AgentSettings())


def test_tools_of_an_mcp_server_of_the_settings_are_taken_one_by_one_or_all(folder):
    write(folder, GOAL + 'tools = ["github.search", "files.*"]')
    known = roster(Settings(home=folder.parent / "home"), [*TOOLS, "github.*", "files.*"])
    assert known["historian"].tools == ["github.search", "files.*"]
    with pytest.raises(ConfigurationError, match=r"there is no tool files\.\*"):
        roster(Settings(home=folder.parent / "home"), [*TOOLS, "github.*"])
