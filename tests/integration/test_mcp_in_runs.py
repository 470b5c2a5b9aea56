"""Runs whose agents have tools of MCP servers: what is blocked or broken is told once, and the run goes on."""

import sys

import pytest

from rookery.domain.events import SupervisorIntervened
from rookery.entrypoints.container import close, prepare
from tests.support.colony import ask, make_container
from tests.support.tool_sources import NOW, SERVERS

pytestmark = pytest.mark.anyio


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home" / "agents").mkdir(parents=True)
    (tmp_path / "home" / "agents" / "researcher.toml").write_text('tools = ["search_documents", "birds.*"]\n')
    (tmp_path / "note.md").write_text("# Rooks\n\nRooks nest in tall elms.\n")
    return tmp_path / "home"


def colony(home, *command, **env):
    server = {"command": sys.executable, "args": [str(SERVERS / command[0]), *command[1:]], "env": env}
    settings = {"mcpServers": {"birds": server}}
    return make_container(home, settings=settings, embedder=None, vector_store="memory")


async def interventions(container, home):
    run = await ask(container, "Where do rooks nest?", home.parent / "note.md")
    assert "tall elms" in run.result.output
    events = await container.run_store().events(run.id)
    return [event.reason for event in events if isinstance(event, SupervisorIntervened) and "birds" in event.reason]


async def test_a_run_says_once_which_tool_is_blocked_and_what_to_do(home):
    container = colony(home, "good.py")
    await prepare(container)
    [untrusted] = await interventions(container, home)
    [source] = container.tool_sources()
    await source.accept(await source.look(), NOW)
    trusted = await interventions(container, home)
    await close(container)
    changed = colony(home, "good.py", RUG_PULL="1")
    await prepare(changed)
    [pulled] = await interventions(changed, home)
    await close(changed)
    assert "never accepted; `rookery mcp trust birds`" in untrusted
    assert trusted == []
    assert pulled.startswith("birds.search: blocked, described otherwise than when accepted; `rookery mcp trust birds`")


async def test_a_run_goes_on_without_a_server_that_dies(home):
    container = colony(home, "bad.py", "dies_at_once")
    await prepare(container)
    [told] = await interventions(container, home)
    await close(container)
    assert "the MCP server birds cannot be used" in told
