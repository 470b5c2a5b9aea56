"""Runs whose agents have tools of MCP servers: what is blocked or broken is told once, and the run goes on."""

import asyncio
import sys

import pytest

from rookery.domain.approvals import Decision
from rookery.domain.events import ApprovalRequested, SupervisorIntervened, ToolReturned
from rookery.domain.runs import ResearchRequest
from rookery.entrypoints.container import close, prepare
from tests.support.bad_models import decides, otherwise
from tests.support.colony import ask, make_container
from tests.support.openai_chat import Chat
from tests.support.openai_server import openai_server
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


async def test_a_model_reads_by_one_tool_and_what_it_then_stores_by_another_needs_a_person(home, monkeypatch):
    (home / "agents" / "birder.toml").write_text('goal = "Note birds."\ntools = ["birds.search", "birds.store"]\n')
    rounds = [("birds.search", {"query": "rooks"}), ("birds.store", {"text": "rooks nest in tall elms"})]

    def act(asked):
        done = len([message for message in asked.messages if message.role == "assistant"])
        return decides(rounds[done]) if done < len(rounds) else decides(("finish", {}))

    server = {"command": sys.executable, "args": [str(SERVERS / "good.py")], "read": ["search"]}
    settings = {"mcpServers": {"birds": server}, "approvals": {"allow": ["*"]}}
    with openai_server(chat=Chat(say=otherwise(act=act), context=16384)) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
        container = make_container(home, settings=settings, embedder=None, vector_store="memory", model="openai:rook-1")
        [source] = container.tool_sources()
        await source.accept(await source.look(), NOW)
        happened, asked = await answered(container, "Note where rooks nest.")
        await close(container)
    assert [(event.tool, event.ok) for event in happened if isinstance(event, ToolReturned)] == [
        ("birds.search", True),
        ("birds.store", True),
    ]
    [wish] = asked
    assert (wish.tool, [origin.kind for origin in wish.origins]) == ("birds.store", ["mcp"])
    assert wish.echoes == [wish.origins[0].place]


async def test_what_a_tool_of_a_server_reads_can_be_cited_word_for_word(home, monkeypatch):
    (home / "agents" / "birder.toml").write_text('goal = "Find birds."\ntools = ["birds.search"]\n')

    def act(asked):
        first = not any(message.role == "assistant" for message in asked.messages)
        return decides(("birds.search", {"query": "rooks"})) if first else decides(("finish", {}))

    server = {"command": sys.executable, "args": [str(SERVERS / "good.py")], "read": ["search"]}
    with openai_server(chat=Chat(say=otherwise(act=act), context=16384)) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
        settings = {"mcpServers": {"birds": server}}
        container = make_container(home, settings=settings, embedder=None, vector_store="memory", model="openai:rook-1")
        [source] = container.tool_sources()
        await source.accept(await source.look(), NOW)
        run = await ask(container, "Where do rooks nest?", agent="birder")
        [citation] = run.result.citations
        kept = await container.snapshots().get(citation.source_sha256)
        await close(container)
    assert kept.text[citation.start : citation.end] == citation.quote
    assert citation.quote in "5 notes on rooks: rooks nest in tall elms."
    assert run.result.sources == ["mcp:birds/search?query=rooks"]
    assert citation.title == "birds.search (query: rooks)"


async def answered(container, task):
    """Have the birder do a task while a person approves everything; return what happened and what was asked."""
    run = await container.start_run()(ResearchRequest(question=task, agent="birder"))
    asked = []

    async def approve():
        async for event in container.run_store().follow(run.id):
            if isinstance(event, ApprovalRequested):
                asked.append(event)
                await container.approval_store().decide(event.approval_id, Decision(decision="approve"), by="Mara")

    async with asyncio.TaskGroup() as group:
        group.create_task(approve())
        await container.conduct_run()(run.id)
    return await container.run_store().events(run.id), asked
