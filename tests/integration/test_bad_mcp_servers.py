"""Servers that hang, die, lie, flood or attack: a run is told, and goes on."""

import asyncio
import gc
import re
import resource
import sys
from pathlib import Path

import pytest

from rookery.adapters.support.web.network import Network
from rookery.adapters.tools.mcp.settings import Settings
from rookery.adapters.tools.mcp.stdio import environment
from rookery.adapters.tools.mcp.stdio import program as program_of
from rookery.adapters.tools.mcp.trouble import Trouble
from rookery.domain.errors import RookeryError, ToolError
from tests.support.mcp_servers.bad import SECRET
from tests.support.tool_sources import SCOPE, accepted, network_of, opened, over_http, program
from tests.support.web_server import Answer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("die", "ended with exit code 3; its last words: out of memory"),
        ("garbage", "what is no message of the protocol"),
        ("binary", "what is no message of the protocol"),
        ("huge_line", "a line of more than 8 MB"),
        ("flood", "2000 messages that nobody asked for"),
        ("beg", "2000 messages that nobody asked for"),
        ("wrong_form", "a form that is not that of the protocol"),
        ("refusing", "refuses: no, not with [redacted:"),
        ("close_output", "it closed its output"),
    ],
)
async def test_a_call_that_goes_wrong_ends_in_time_and_says_what_happened(kind, told):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with opened(program("bad", kind, timeout_seconds=60)) as source:
        tool = (await accepted(source))["birds.search"]
        with pytest.raises(ToolError) as error:
            await tool(tool.arguments.model_validate({}), SCOPE)
        assert told in str(error.value)
        assert str(error.value).startswith("the MCP server birds ")
        assert SECRET not in str(error.value)
        assert (await source.tools())[0].name == "birds.search"  # another process of it
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


@pytest.mark.parametrize("kind", ["hang", "wrong_id"])
async def test_a_call_that_is_not_answered_ends_when_its_time_is_over(kind):
    async with opened(program("bad", kind, timeout_seconds=2)) as source:
        tool = (await accepted(source))["birds.search"]
        with pytest.raises(ToolError, match="did not answer within 2 seconds"):
            await tool(tool.arguments.model_validate({}), SCOPE)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("silent", "it said nothing for 2 seconds"),
        ("dies_at_once", "it ended with exit code 3; its last words: out of memory"),
        ("old_version", "Unsupported protocol version"),
        ("endless_list", "more than 50 pages"),
        ("twins", "two tools of this name"),
        ("strange_name", "its name has other characters"),
        ("remote_schema", "refers to another document: http://127.0.0.1/s"),
        ("bomb", "unfolds into more than 20000 parts"),
        ("no_object", "a form that is not that of the protocol"),
    ],
)
async def test_a_server_that_cannot_be_used_is_named_with_the_reason(kind, told):
    async with opened(program("bad", kind, start_seconds=2)) as source:
        with pytest.raises(ToolError, match=re.escape(told)) as error:
            await source.tools()
    assert SECRET not in str(error.value)


async def test_a_program_that_is_not_there_is_named():
    async with opened(Settings(command="/no/such/program")) as source:
        with pytest.raises(ToolError, match=r"No such file.*rookery mcp check birds"):
            await source.tools()


async def test_samples_questions_and_folders_are_refused_to_older_servers_too():
    async with opened(program("bad", "ask")) as source:
        tool = (await accepted(source))["birds.search"]
        outcome = await tool(tool.arguments.model_validate({}), SCOPE)
    assert outcome.text == "refused refused refused"


async def test_a_program_is_ended_with_all_that_it_has_started():
    async with opened(program("bad", "stubborn", timeout_seconds=2)) as source:
        tool = (await accepted(source))["birds.search"]
        line = source._connection._line
        with pytest.raises(ToolError):
            await tool(tool.arguments.model_validate({}), SCOPE)
        child = int(re.search(r"child (\d+)", line.trouble.last_words)[1])
    assert not _lives(child)


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


async def test_a_program_is_told_nothing_but_what_the_settings_give_it(monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    monkeypatch.setenv("ROOKERY_SYNC__IDENTITY", "AGE-SECRET-KEY-1")
    monkeypatch.setenv("BIRDS_KEY", "a-key-for-birds")
    async with opened(program("good", env={"KEY": "${BIRDS_KEY}", "MODE": "${BIRDS_MODE:-quiet}"})) as source:
        tool = (await accepted(source))["birds.environment"]
        told = (await tool(tool.arguments.model_validate({}), SCOPE)).text
    names = {word.partition("=")[0] for word in told.split(" ") if "=" in word}
    assert "KEY" in names
    assert "MODE=quiet" in told
    assert not names & {"GITHUB_TOKEN", "ROOKERY_SYNC__IDENTITY", "BIRDS_KEY", "PYTHONPATH", "VIRTUAL_ENV"}


async def test_a_variable_that_is_not_set_is_named():
    async with opened(program("good", env={"KEY": "${NO_SUCH_VARIABLE}"})) as source:
        with pytest.raises(RookeryError, match=r"mcpServers\.birds\.env: the environment has no NO_SUCH_VARIABLE"):
            await source.tools()


async def test_a_call_that_is_cancelled_leaves_the_server_to_the_others():
    async with opened(program("good", timeout_seconds=30)) as source:
        tools = await accepted(source)
        waiting = tools["birds.wait"]
        call = asyncio.create_task(waiting(waiting.arguments.model_validate({"seconds": 600}), SCOPE))
        search = tools["birds.search"]
        assert (await search(search.arguments.model_validate({"query": "rooks"}), SCOPE)).ok
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        pid = source._connection._line
        assert (await search(search.arguments.model_validate({"query": "rooks"}), SCOPE)).ok
        assert source._connection._line is pid


async def test_a_server_inside_the_network_is_reached_only_when_the_settings_open_it(web):
    async with opened(Settings(url=f"{web.url}/mcp")) as source:
        with pytest.raises(ToolError, match=re.escape("network.allow_hosts")):
            await source.tools()
    assert web.asked == []


async def test_offline_no_server_at_an_address_is_asked(web):
    async with opened(Settings(url=f"{web.url}/mcp"), network=Network(offline=True)) as source:
        with pytest.raises(ToolError, match="works offline"):
            await source.tools()
    assert web.asked == []


async def test_a_redirect_inside_is_not_followed(web):
    web.redirect("/mcp", "http://169.254.169.254/mcp", 307)
    with over_http() as elsewhere:
        for target in ("http://169.254.169.254/mcp", elsewhere):
            web.posts["/mcp"] = Answer(status=307, headers={"Location": target})
            async with opened(Settings(url=f"{web.url}/mcp"), network=network_of(web.url)) as source:
                with pytest.raises(ToolError, match="cannot be used"):
                    await source.tools()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(status=401), "status 401"),
        (Answer(status=503), "status 503"),
        (Answer(b"<html>", headers={"Content-Type": "text/html"}), "Unexpected content type"),
        (Answer(b"{" * 100, headers={"Content-Type": "application/json"}), "Failed to parse"),
        (Answer(b"x" * 21_000_000, headers={"Content-Type": "application/json"}), "more than the limit of 20 MB"),
        (Answer(b"data: " + b"x" * 3_000_000, headers={"Content-Type": "text/event-stream"}), "SSE"),
        (Answer(b"", headers={"Content-Type": "text/event-stream"}, stalls=True), "said nothing for 2 seconds"),
    ],
)
async def test_an_address_that_answers_with_nonsense_is_told_in_time(web, answer, told):
    web.posts["/mcp"] = answer
    async with opened(Settings(url=f"{web.url}/mcp", start_seconds=2), network=network_of(web.url)) as source:
        with pytest.raises(ToolError, match=re.escape(told)):
            await source.tools()


async def test_a_program_that_dies_while_it_is_spoken_to_leaves_no_error_behind() -> None:
    from mcp.shared.message import SessionMessage
    from mcp_types import JSONRPCNotification

    dies = [sys.executable, "-c", "import sys; sys.stdin.buffer.read(1)"]
    long = JSONRPCNotification(jsonrpc="2.0", method="long", params={"text": "rook " * 500_000})
    async with program_of(dies, environment({}), None, Trouble()) as (incoming, outgoing):
        await outgoing.send(SessionMessage(long))
        assert [message async for message in incoming] == []
    gc.collect()  # an error that nobody has asked for is told to the loop by now, which fails this test
