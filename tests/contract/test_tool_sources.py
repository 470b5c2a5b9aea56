"""Every source of tools keeps this contract: MCP servers, over either transport."""

import pytest
from pydantic import ValidationError

from rookery.adapters.tools.mcp.settings import Settings
from rookery.domain.errors import ToolError
from rookery.domain.ports.tool import Need
from rookery.domain.provenance import OriginKind, origin_of
from tests.support.mcp_servers.good import SECRET
from tests.support.tool_sources import SCOPE, accepted, network_of, opened, over_http, program

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def address():
    with over_http() as url:
        yield url


@pytest.fixture(params=["stdio", "http"])
async def source(request):
    if request.param == "stdio":
        async with opened(program("good", timeout_seconds=30)) as source:
            yield source
    else:
        url = request.getfixturevalue("address")
        async with opened(Settings(url=url, timeout_seconds=30), network=network_of(url)) as source:
            yield source


async def call(tool, **arguments):
    return await tool(tool.arguments.model_validate(arguments), SCOPE)


async def test_nothing_of_a_server_is_used_that_nobody_has_accepted(source):
    with pytest.raises(ToolError, match=r"birds\.search.* never accepted; `rookery mcp trust birds`"):
        await source.tools()


async def test_names_begin_with_the_name_of_the_source(source):
    tools = await accepted(source)
    assert all(name.startswith("birds.") for name in tools)
    assert source.notices == []


async def test_a_tool_is_called_and_its_result_is_untrusted_text_that_says_where_it_came_from(source):
    tools = await accepted(source)
    outcome = await call(tools["birds.search"], query="rooks", limit=3)
    assert outcome.ok
    assert outcome.text == "3 notes on rooks: rooks nest in tall elms."
    assert outcome.untrusted
    assert [(origin.kind, origin.place) for origin in outcome.origins] == [(OriginKind.MCP, "birds.search")]
    assert outcome.passages == []


async def test_the_schema_of_the_arguments_is_the_one_of_the_server_and_binds(source):
    tool = (await accepted(source))["birds.search"]
    offered = {one.name: one.offered for one in await source.look()}
    assert tool.arguments.model_json_schema() == offered["search"].arguments
    for wrong in ({}, {"query": "x"}, {"query": 1}, {"query": "rooks", "limit": 99}, {"query": "rooks", "limit": "5"}):
        with pytest.raises(ValidationError):
            tool.arguments.model_validate(wrong)


async def test_a_tool_that_fails_is_an_outcome_and_no_error(source):
    outcome = await call((await accepted(source))["birds.fail"], why="no")
    assert not outcome.ok
    assert "fail" in outcome.summary


async def test_results_come_without_credentials_and_hidden_characters(source):
    outcome = await call((await accepted(source))["birds.inject"])
    assert SECRET not in outcome.model_dump_json()
    assert "[redacted:" in outcome.text
    assert "\u200b" not in outcome.text
    assert "\U000e0041" not in outcome.text


async def test_a_result_that_is_too_long_is_cut_and_says_so(source):
    outcome = await call((await accepted(source))["birds.plenty"])
    assert len(outcome.text) < 101_000
    assert outcome.text.endswith("(400000 more characters were left out)")


async def test_what_is_no_text_is_named_and_not_fetched(source):
    outcome = await call((await accepted(source))["birds.mixed"])
    assert "a text" in outcome.text
    assert "[an image, image/png, about 3 bytes: not shown]" in outcome.text
    assert "[a resource, not fetched: a link, https://evil.example/x]" in outcome.text


async def test_a_structured_result_is_told(source):
    outcome = await call((await accepted(source))["birds.depth"], station="north")
    assert '"metres": 4.2' in outcome.text


async def test_what_a_server_asks_of_us_is_refused(source):
    outcome = await call((await accepted(source))["birds.beg"])
    assert outcome.text.count("was refused") == 3


async def test_a_source_that_was_closed_can_be_asked_again(source):
    tools = await accepted(source)
    await source.close()
    assert (await call(tools["birds.search"], query="rooks")).ok


async def test_a_tool_writes_unless_a_person_says_that_it_only_reads(address):
    believed = {
        "nobody": ({}, {"search": "write", "store": "write"}),
        "the server": ({"trust_annotations": True}, {"search": "read", "store": "write"}),
        "the person": ({"read": ["store"]}, {"search": "write", "store": "read"}),
    }
    for settings, effects in believed.values():
        section = Settings.model_validate({"url": address} | settings)
        async with opened(section, network=network_of(address)) as source:
            tools = await accepted(source)
            assert {name: tools[f"birds.{name}"].effect for name in effects} == effects
            assert tools["birds.search"].needs == {Need.NETWORK}


async def test_what_a_tool_reads_is_kept_and_what_it_says_of_a_failure_is_not(address):
    section = Settings.model_validate({"url": address, "read": ["search", "plenty", "fail"]})
    async with opened(section, network=network_of(address)) as source:
        tools = await accepted(source)
        found = await call(tools["birds.search"], query="rooks & crows", limit=3)
        much = await call(tools["birds.plenty"])
        failed = await call(tools["birds.fail"], why="no wind")
    [passage] = found.passages
    assert (passage.text, passage.url) == (
        "3 notes on rooks & crows: rooks nest in tall elms.",
        "mcp:birds/search?query=rooks+%26+crows&limit=3",
    )
    assert passage.title == "birds.search (query: rooks & crows, limit: 3)"
    assert (found.text, found.untrusted) == ("", True)
    assert origin_of(passage).kind is OriginKind.MCP
    assert 0 < len(much.passages) <= SCOPE.passages
    assert much.summary.endswith("and 400000 more that were left out")
    assert (failed.ok, failed.passages) == (False, [])
