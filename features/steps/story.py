"""One run through all doors."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from httpx_sse import connect_sse
from pytest_bdd import given, parsers, then, when

from rookery.testing.services import SlackService, serve
from rookery.testing.services.slack import Channel
from rookery.testing.services.slack_blocks import buttons, shown
from tests.support import noticeboard
from tests.support.bad_models import decides, otherwise
from tests.support.good_models import is_first_round, task_of
from tests.support.openai_chat import Chat, ChatAsked
from tests.support.openai_server import openai_server
from tests.support.server import LIGHT, Server, rookery, start_server
from tests.support.workspace import MARA, SECRET, Workspace, by_http, says, settings_for, with_a_clerk

Told = list[dict[str, Any]]


class Story(NamedTuple):
    """What the steps share."""

    workspace: Workspace
    channel: Channel
    server: Server
    seen: Told
    folder: Path


def _posts(asked: ChatAsked) -> str:
    if not is_first_round(asked):
        return decides(("finish", {}))
    return decides(("post_notice", {"text": re.sub(r"^Post that ", "", task_of(asked))}))


@given("a workspace of Slack in which Rookery listens", target_fixture="slack")
def workspace() -> Iterator[SlackService]:
    with serve(SlackService()) as slack:
        yield slack


@given("a clerk who posts what it was told to, and asks before", target_fixture="story")
def listening(slack: SlackService, tmp_path: Path) -> Iterator[Story]:
    home = tmp_path / "home"
    home.mkdir()
    with openai_server(chat=Chat(say=otherwise(act=_posts), context=32768)) as model:
        settings = LIGHT | settings_for(slack, SLACK_SIGNING_SECRET=SECRET) | with_a_clerk(home, tmp_path, model)
        with start_server(home, settings=settings) as server:
            yield Story(Workspace(slack, by_http(server.url)), slack.channel("team"), server, [], tmp_path)


@when(parsers.parse('I ask in Slack "{question}"'))
def ask(story: Story, question: str) -> None:
    story.workspace.command(story.channel, question)


@then("Slack shows me how far it is, and what the clerk wants to do")
def shown_in_slack(story: Story) -> None:
    asked = story.workspace.until(story.channel, lambda one: "Approve" in buttons(one["blocks"]))
    assert '"text": "the tide gauge is from 1884"' in shown(asked["blocks"])
    story.workspace.until(story.channel, says("At work", "waits for approval of post_notice"))


def _run_id(story: Story) -> str:
    with httpx.Client(base_url=story.server.url, headers=story.server.headers, timeout=60) as client:
        [run] = client.get("/v1/runs").json()["items"]
        return str(run["id"])


def _follow(story: Story, *, until: str) -> None:
    """Follow the stream as the dashboard does: with a token, and after the last event that was seen."""
    last = {"Last-Event-ID": str(story.seen[-1]["seq"])} if story.seen else {}
    with (
        httpx.Client(base_url=story.server.url, headers=story.server.headers, timeout=60) as client,
        connect_sse(client, "GET", f"/v1/runs/{_run_id(story)}/events", headers=last) as stream,
    ):
        for message in stream.iter_sse():
            if message.data:
                story.seen.append(json.loads(message.data))
                if message.event == until:
                    return
    pytest.fail(f"the stream ended before {until}")


@then("the dashboard's stream tells the same, up to the clerk's request")
def followed(story: Story) -> None:
    _follow(story, until="approval_requested")
    assert story.seen[0]["question"] == "Post that the tide gauge is from 1884"
    assert story.seen[-1]["arguments"] == {"text": "the tide gauge is from 1884"}


@when("I approve it on the command line")
def approve(story: Story) -> None:
    waiting = json.loads(rookery("approvals", "list", "--json", home=story.server.home).stdout)["approvals"]
    assert [one["id"] for one in waiting] == [story.seen[-1]["approval_id"]]
    done = rookery("approvals", "approve", waiting[0]["id"], home=story.server.home)
    assert done.returncode == 0, done.stderr


@then("the dashboard's stream goes on to the end, without a gap")
def goes_on(story: Story) -> None:
    _follow(story, until="run_finished")
    assert [event["seq"] for event in story.seen] == list(range(1, len(story.seen) + 1))
    [resolved] = [event for event in story.seen if event["type"] == "approval_resolved"]
    assert (resolved["decision"], resolved["by"]) == ("approve", "the command line")


@then("Slack says that it was approved on the command line, and that the work is done")
def told_in_slack(story: Story) -> None:
    decided = story.workspace.until(story.channel, says("Approved by the command line"))
    assert buttons(decided["blocks"]) == {}
    story.workspace.until(story.channel, says(f"@{MARA}", "Written by"))


@then("a program reads the same run over REST")
def read_over_rest(story: Story) -> None:
    with httpx.Client(base_url=story.server.url, headers=story.server.headers, timeout=60) as client:
        run = client.get(f"/v1/runs/{_run_id(story)}").json()
    assert run["question"] == "Post that the tide gauge is from 1884"
    assert run["status"] == story.seen[-1]["status"]
    answer = story.workspace.until(story.channel, says("Written by"))
    assert run["id"] in shown(answer["blocks"])


@then("the notice was posted once")
def posted(story: Story) -> None:
    assert noticeboard.notices(story.folder / "board.txt") == ["the tide gauge is from 1884"]
