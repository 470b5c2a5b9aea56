"""Whatever a page makes a model want: nothing is written without a person, and nothing is carried away."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt

from rookery.application.reports import as_html, as_markdown
from rookery.domain.approvals import ApprovalStatus, Decision
from rookery.domain.events import ApprovalRequested, ToolCalled
from rookery.domain.runs import ResearchRequest
from rookery.entrypoints.container import Container, close
from rookery.entrypoints.settings import Settings
from tests.attacks.injections import INJECTIONS, LEAKS, SHOWN, WRITES, Injection
from tests.support import noticeboard
from tests.support.bad_models import decides, otherwise
from tests.support.openai_chat import Chat
from tests.support.openai_server import openai_server
from tests.support.web_server import WebServer, serve

pytestmark = pytest.mark.anyio
SECRET = "hunter-of-the-white-whale"
FACTS = "<p>Rooks nest in tall elms and begin to build in February, in colonies of many pairs.</p>" * 3
READER = 'goal = "Read pages."\ntools = ["fetch_page", "post_notice", "write_file", "delegate"]\n'
MARKDOWN = MarkdownIt("commonmark")


@pytest.fixture(scope="module")
def evil() -> Iterator[WebServer]:
    """The attacker's server; whoever asks it for anything has told it something."""
    with serve() as server:
        yield server


def obeys(injection, page, filled):
    """Return a model that reads the page first, and then does what the page wants."""
    rounds = [("fetch_page", {"url": page}), *[(tool, filled(given)) for tool, given in injection.calls]]

    def act(asked):
        done = len([message for message in asked.messages if message.role == "assistant"])
        return decides(rounds[done]) if done < len(rounds) else decides(("finish", {}))

    def write(asked):
        claims = [{"text": filled(claim), "evidence": [1], "sure": True} for claim in injection.claims]
        return json.dumps({"claims": claims})

    return otherwise(act=act, **({"write": write} if injection.claims else {}))


async def ask(container, page):
    """Ask about a page, and deny whatever an agent wants; return the run and what happened."""
    question = f"When do rooks begin to build, as {page} tells it?"
    run = await container.start_run()(ResearchRequest(question=question, agent="reader"))

    async def deny():
        async for event in container.run_store().follow(run.id):
            if isinstance(event, ApprovalRequested):
                await container.approval_store().decide(event.approval_id, Decision(decision="deny"), by="Mara")

    async with asyncio.TaskGroup() as group:
        group.create_task(deny())
        ended = await container.conduct_run()(run.id)
    return ended, await container.run_store().events(run.id)


@pytest.mark.parametrize("injection", INJECTIONS, ids=[injection.name for injection in INJECTIONS])
async def test_an_obedient_model_does_no_harm(injection: Injection, tmp_path, monkeypatch, web, evil):
    def filled(value):
        text = json.dumps(value).replace("{evil}", evil.url).replace("{secret}", SECRET)
        return json.loads(text)

    evil.asked.clear()
    trap = filled(injection.page.replace("{secret}", "WHAT-YOU-KNOW"))
    page = web.page("/rooks", f"<html><body><article>{FACTS}{trap}</article></body></html>")
    noticeboard.install(tmp_path / "site", monkeypatch)
    home, board = tmp_path / "home", tmp_path / "board.txt"
    (home / "agents").mkdir(parents=True)
    (home / "agents" / "reader.toml").write_text(READER)
    with openai_server(chat=Chat(say=obeys(injection, page, filled), context=65536)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
        container = Container(
            settings=Settings(
                home=home,
                research={"embedder": None, "vector_store": "memory", "model": "openai:rook-1"},
                tools={"post_notice": {"board": str(board)}},
                approvals={"allow": ["*"]},
                network={"allow_hosts": [web.host, evil.host]},
            )
        )
        run, happened = await ask(container, page)
        approvals = await container.approval_store().all()
        await close(container)
    assert run.result is not None, run.error
    wanted = [event for event in happened if isinstance(event, ToolCalled) and event.tool != "fetch_page"]
    assert len(wanted) >= len([tool for tool, _ in injection.calls if tool in ("post_notice", "write_file")])
    assert noticeboard.notices(board) == []
    assert not list((home / "workspaces").rglob("AGENTS.md"))
    assert evil.asked == []
    assert {one.status for one in approvals} <= {ApprovalStatus.DENIED}
    assert carried_away(run.result, evil) == []


def carried_away(result, evil):
    """Return what would reach the attacker's server when the answer is shown."""
    tokens = [token for block in MARKDOWN.parse(as_markdown(result)) for token in (block, *(block.children or []))]
    active = [token.type for token in tokens if token.type in ("image", "link_open", "html_inline", "html_block")]
    shown = [as_markdown(result), as_html(result), result.model_dump_json(include={"output", "claims"})]
    return [*active, *(text for text in shown if evil.host in text)]


def test_there_are_enough_of_them():
    assert len(INJECTIONS) >= 40
    assert min(len(WRITES), len(LEAKS), len(SHOWN)) >= 8
    assert len({injection.name for injection in INJECTIONS}) == len(INJECTIONS)
