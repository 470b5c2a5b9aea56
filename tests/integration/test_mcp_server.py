"""`rookery mcp serve`, spoken to by the official SDK, over both transports."""

import asyncio
import json
import subprocess

import httpx
import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import ResourceTemplateReference

from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.run_stores.sqlite import SqliteRunStore
from tests.support.mcp_client import by_http, by_stdio, serve_http
from tests.support.server import CORPUS, LIGHT, MAIN, ROOT, environment, rookery, start_server

pytestmark = pytest.mark.anyio
QUESTION = "When was the observatory founded?"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def mcp_server(tmp_path_factory):
    with serve_http(tmp_path_factory.mktemp("mcp") / "home") as server:
        yield server


def token_with(home, *scopes):
    options = [part for scope in scopes for part in ("--scope", scope)]
    made = rookery("tokens", "create", "--json", *options, home=home)
    return json.loads(made.stdout)["token"]


def text_of(result):
    return result.content[0].text


@pytest.fixture(params=["auto", "legacy"])
def era(request):
    return request.param


async def test_an_editor_that_starts_it_gets_an_answer_with_numbered_quotes(tmp_path, era):
    told = []

    async def progress(number, total, message):
        told.append((number, message))

    async with by_stdio(tmp_path / "home", mode=era) as client:
        asked = {"question": QUESTION, "sources": [str(CORPUS)]}
        answer = await client.call_tool("research", asked, progress_callback=progress)
        run = answer.structured_content
        assert not answer.is_error
        assert f"[{run['citations'][0]['id']}] " in text_of(answer)
        for citation in run["citations"]:
            place = {"sha256": citation["source_sha256"], "start": citation["start"], "end": citation["end"]}
            excerpt = await client.call_tool("get_snapshot", place)
            assert excerpt.structured_content["quote"] == citation["quote"]
        again = await client.call_tool("get_run", {"run_id": run["run_id"]})
        assert again.structured_content == run
        listed = await client.call_tool("list_runs", {})
        assert [one["run_id"] for one in listed.structured_content["runs"]] == [run["run_id"]]
    assert [number for number, _ in told] == sorted({number for number, _ in told})
    assert any("search_documents" in message for _, message in told)


async def test_what_is_remembered_is_found_again_without_its_credentials(tmp_path):
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    async with by_stdio(tmp_path / "home") as client:
        held = await client.call_tool("remember", {"content": f"The tide gauge answers to {secret}", "key": "gauge"})
        found = await client.call_tool("search_memory", {"query": "tide gauge"})
        [memory] = found.structured_content["memories"]
        uri = f"rookery://memories/default/{memory['id']}"
        read = await client.read_resource(uri)
    assert held.structured_content["memories"][0]["redactions"] == 1
    assert secret not in found.model_dump_json()
    assert json.loads(read.contents[0].text)["key"] == "gauge"


async def test_sources_are_added_searched_and_listed_but_only_below_the_folders_that_may_be_read(tmp_path):
    async with by_stdio(tmp_path / "home") as client:
        added = await client.call_tool("add_source", {"location": str(CORPUS)})
        found = await client.call_tool("search_sources", {"query": "tide gauge", "limit": 3})
        listed = await client.call_tool("list_sources", {})
        outside = await client.call_tool("add_source", {"location": "/etc/passwd"})
        asked = {"question": QUESTION, "sources": ["/etc/passwd"]}
        asked_outside = await client.call_tool("research", asked)
    assert len(added.structured_content["sources"]) == len(listed.structured_content["sources"]) > 10
    assert len(found.structured_content["passages"]) == 3
    for refused in (outside, asked_outside):
        assert refused.is_error
        assert "outside the folders that may be read" in text_of(refused)


async def test_resources_are_read_by_address_and_their_names_are_completed(tmp_path):
    async with by_stdio(tmp_path / "home") as client:
        run = (await client.call_tool("research", {"question": QUESTION, "sources": [str(CORPUS)]})).structured_content
        sha256 = run["citations"][0]["source_sha256"]
        [snapshot] = (await client.read_resource(f"rookery://snapshots/{sha256}")).contents
        [report] = (await client.read_resource(f"rookery://runs/{run['run_id']}")).contents
        [library] = (await client.read_resource("rookery://sources")).contents
        ref = ResourceTemplateReference(type="ref/resource", uri="rookery://snapshots/{sha256}")
        completed = await client.complete(ref, {"name": "sha256", "value": sha256[:6]})
        with pytest.raises(MCPError, match="there is no run"):
            await client.read_resource("rookery://runs/nothing")
        prompt = await client.get_prompt("answer_with_quotes", {"question": QUESTION})
        with pytest.raises(MCPError, match="Unknown prompt"):
            await client.get_prompt("nothing")
    assert run["citations"][0]["quote"] in snapshot.text
    assert report.mime_type == "text/markdown"
    assert report.text.startswith(f"# {QUESTION}")
    assert sha256 in library.text
    assert completed.completion.values == [sha256]
    assert QUESTION in prompt.messages[0].content.text


async def test_tools_say_truly_which_of_them_change_something(tmp_path):
    async with by_stdio(tmp_path / "home") as client:
        tools = (await client.list_tools()).tools
    changing = {tool.name for tool in tools if not tool.annotations.read_only_hint}
    assert changing == {"research", "remember", "add_source"}
    assert not any(tool.annotations.destructive_hint for tool in tools)
    assert all(tool.output_schema for tool in tools)


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("research", {"question": "?!"}, "ask something"),
        ("research", {"question": QUESTION, "model": "no-such-model"}, "no-such-model"),
        ("get_run", {"run_id": "nothing"}, "`rookery runs list` shows them"),
        ("get_snapshot", {"sha256": "0" * 64}, "there is no snapshot"),
        ("get_snapshot", {"sha256": "../../etc/passwd"}, "sha256"),
        ("list_runs", {"limit": 1000}, "limit"),
        ("list_runs", {"cursor": "rubbish"}, "cursor"),
        ("no_such_tool", {}, "no_such_tool"),
    ],
)
async def test_what_cannot_be_done_is_told_as_an_error_that_a_model_can_read(mcp_server, tool, arguments, told):
    async with by_http(mcp_server.url, mcp_server.token) as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert told in text_of(result)
    assert "Traceback" not in text_of(result)


async def test_a_run_ends_when_its_call_is_cancelled(tmp_path, era):
    home = tmp_path / "home"
    begun = asyncio.Event()

    async def progress(*_):
        begun.set()

    async with by_stdio(home, mode=era) as client:
        call = asyncio.create_task(
            client.call_tool("research", {"question": QUESTION, "sources": [str(CORPUS)]}, progress_callback=progress)
        )
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        store = SqliteRunStore(home, clock=SystemClock())
        [run] = (await store.page(limit=5)).items
        events = [event.type async for event in store.follow(run.id)]
        store.close()
    assert events[-1] == "run_cancelled"


async def test_a_run_answers_within_the_seconds_that_it_is_given(mcp_server):
    async with by_http(mcp_server.url, mcp_server.token) as client:
        asked = {"question": QUESTION, "sources": [str(CORPUS)], "max_seconds": 0.001}
        answer = await client.call_tool("research", asked)
    assert answer.structured_content["status"] == "partial"
    assert "time budget" in answer.structured_content["notes"]


def test_stdout_carries_the_protocol_alone(tmp_path):
    lines = json.dumps(INITIALIZE) + "\nrubbish\n" + json.dumps({"jsonrpc": "2.0", "id": 2, "method": "ping"}) + "\n"
    variables = environment(tmp_path / "home", LIGHT)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([*MAIN, "mcp", "serve"], cwd=ROOT, env=variables, text=True, **pipes) as process:
        process.stdin.write(lines)
        process.stdin.flush()
        said = [json.loads(process.stdout.readline())]
        while said[-1].get("id") != 2:
            said.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        said += map(json.loads, process.stdout)
    assert process.returncode == 0
    assert all(message["jsonrpc"] == "2.0" for message in said)


async def test_over_http_nothing_is_answered_without_a_valid_token(mcp_server):
    async with httpx.AsyncClient() as http:
        for headers in ({}, {"Authorization": "Bearer rk_wrong"}, {"Authorization": f"Basic {mcp_server.token}"}):
            refused = await http.post(mcp_server.url, json=INITIALIZE, headers=headers | ACCEPT)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"] == 'Bearer realm="rookery"'


async def test_a_token_does_what_its_scopes_permit_and_no_more(mcp_server, era):
    reader = token_with(mcp_server.home, "read")
    memory = token_with(mcp_server.home, "memory")
    async with by_http(mcp_server.url, reader, mode=era) as client:
        assert not (await client.call_tool("list_runs", {})).is_error
        for tool, arguments in (
            ("research", {"question": QUESTION}),
            ("remember", {"content": "x"}),
            ("add_source", {"location": str(CORPUS)}),
        ):
            refused = await client.call_tool(tool, arguments)
            assert refused.is_error
            assert "lacks the scope" in text_of(refused)
    async with by_http(mcp_server.url, memory, mode=era) as client:
        assert not (await client.call_tool("remember", {"content": "The tide turns."})).is_error
        assert (await client.call_tool("search_memory", {"query": "tide"})).is_error
        with pytest.raises(MCPError, match="lacks the scope read"):
            await client.read_resource("rookery://runs")
        ref = ResourceTemplateReference(type="ref/resource", uri="rookery://runs/{run_id}")
        with pytest.raises(MCPError, match="lacks the scope read"):
            await client.complete(ref, {"name": "run_id", "value": ""})


async def test_a_session_is_of_no_use_to_another_token(mcp_server):
    other = token_with(mcp_server.home, "admin")
    async with httpx.AsyncClient() as http:
        mine = {"Authorization": f"Bearer {mcp_server.token}"} | ACCEPT
        begun = await http.post(mcp_server.url, json=INITIALIZE, headers=mine)
        session = {"mcp-session-id": begun.headers["mcp-session-id"]}
        ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
        theirs = {"Authorization": f"Bearer {other}"} | ACCEPT
        stolen = await http.post(mcp_server.url, json=ping, headers=theirs | session)
        owned = await http.post(mcp_server.url, json=ping, headers=mine | session)
    assert stolen.status_code == 404
    assert owned.status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:8400"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_a_page_that_rebinds_a_name_to_this_machine_is_refused(mcp_server, headers, status):
    async with httpx.AsyncClient() as http:
        sent = {"Authorization": f"Bearer {mcp_server.token}"} | ACCEPT | headers
        for body in (INITIALIZE, INITIALIZE | {"method": "server/discover"}):
            refused = await http.post(mcp_server.url, json=body, headers=sent)
            assert refused.status_code == status


async def test_the_server_of_the_api_speaks_it_too_when_it_is_told_to(tmp_path):
    with start_server(tmp_path / "home", settings=LIGHT | {"ROOKERY_SERVER__MCP": "true"}) as server:
        async with by_http(f"{server.url}/mcp", server.token) as client:
            answer = await client.call_tool("research", {"question": QUESTION, "sources": [str(CORPUS)]})
        async with httpx.AsyncClient(base_url=server.url) as api:
            run = (await api.get(f"/v1/runs/{answer.structured_content['run_id']}", headers=server.headers)).json()
            unknown = await api.post("/mcp", json=INITIALIZE, headers=ACCEPT)
    assert unknown.status_code == 401
    assert run["result"]["output"] == answer.structured_content["answer"]
