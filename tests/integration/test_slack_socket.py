"""`rookery slack`: Slack's own Socket Mode client against the other end of Socket Mode, with approvals and buttons."""

import json
import re
import subprocess

import pytest

from rookery.testing.services import SlackService, serve, serve_socket
from rookery.testing.services.slack_blocks import buttons, shown
from tests.support import noticeboard
from tests.support.bad_models import decides, otherwise
from tests.support.good_models import is_first_round, task_of
from tests.support.openai_chat import Chat
from tests.support.openai_server import openai_server
from tests.support.server import LIGHT, MAIN, ROOT, environment, rookery
from tests.support.workspace import MARA, STRANGER, Workspace, listening, says, settings_for, until, with_a_clerk

ENVELOPES = {"events": "events_api", "commands": "slash_commands", "interactions": "interactive"}
LONG = "The tide gauge is from 1884, <!channel> *bold* <https://evil.example|click>, and " + "so on " * 50


def posts(asked):
    if not is_first_round(asked):
        return decides(("finish", {}))
    return decides(("post_notice", {"text": re.sub(r"^Post that ", "", task_of(asked))[:400]}))


@pytest.fixture
def slack():
    with serve(SlackService()) as slack:
        yield slack


@pytest.fixture
def socket(slack):
    with serve_socket(slack) as socket:
        yield socket


@pytest.fixture
def workspace(slack, socket):
    def deliver(door, payload):
        return socket.acknowledged[socket.send(ENVELOPES[door], payload)]

    return Workspace(slack, deliver)


@pytest.fixture
def channel(slack):
    return slack.channel("team")


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def settings(slack, home, tmp_path):
    with openai_server(chat=Chat(say=otherwise(act=posts), context=32768)) as model:
        yield LIGHT | settings_for(slack, SLACK_APP_TOKEN=slack.app_token) | with_a_clerk(home, tmp_path, model)


def pinned(tmp_path):
    return noticeboard.notices(tmp_path / "board.txt")


def test_what_is_approved_in_slack_is_done_once_and_its_message_says_by_whom(
    workspace, socket, channel, home, settings, tmp_path
):
    with listening(home, settings):
        workspace.mention(channel, f"Post that {LONG}")
        asked = workspace.until(channel, lambda one: "Approve" in buttons(one["blocks"]))
        assert json.dumps({"text": LONG[:400].rstrip()}, ensure_ascii=False, indent=2) in shown(asked["blocks"])
        assert "post_notice" in shown(asked["blocks"])
        assert pinned(tmp_path) == []
        workspace.press(channel, asked, "Approve", user=STRANGER)
        assert f"add {STRANGER}" in workspace.until_told("may not approve")["text"]
        assert pinned(tmp_path) == []
        workspace.press(channel, asked, "Approve")
        workspace.press(channel, asked, "Approve")
        decided = workspace.until(channel, says(f"Approved by {MARA} in Slack"))
        assert decided["ts"] == asked["ts"]
        assert buttons(decided["blocks"]) == {}
        workspace.until(channel, says("run ", f"@{MARA}", "Written by"))
    assert pinned(tmp_path) == [LONG[:400].rstrip()]


def test_nothing_that_others_wrote_becomes_a_mention_a_link_or_a_format(
    workspace, socket, channel, home, settings, tmp_path
):
    with listening(home, settings):
        workspace.mention(channel, f"Post that {LONG}")
        asked = workspace.until(channel, lambda one: "Deny" in buttons(one["blocks"]))
        workspace.press(channel, asked, "Deny")
        workspace.until(channel, says("Written by"))
    mine = [one for one in channel.messages if one.get("bot_id")]
    for message in mine:
        assert "<!channel>" not in message["text"]
        assert "<https" not in message["text"]
        kinds = {block["type"] for block in message["blocks"]}
        assert kinds <= {"rich_text", "actions"}  # neither of which reads any mark
        elements = [
            one
            for block in message["blocks"]
            if block["type"] == "rich_text"
            for part in block["elements"]
            for one in part["elements"]
        ]
        assert {one["user_id"] for one in elements if one["type"] == "user"} <= {MARA}
        assert [one for one in elements if one["type"] == "link"] == []
    assert pinned(tmp_path) == []


def test_a_decision_on_the_command_line_shows_in_slack(workspace, socket, channel, home, settings, tmp_path):
    with listening(home, settings):
        workspace.mention(channel, "Post that the tide gauge is from 1884")
        asked = workspace.until(channel, lambda one: "Approve" in buttons(one["blocks"]))
        approval = buttons(asked["blocks"])["Approve"]["value"]
        assert rookery("approvals", "deny", approval, home=home).returncode == 0
        workspace.until(channel, says("Denied by the command line"))
        workspace.press(channel, asked, "Approve")
        assert "came to nothing" in workspace.until_told("denied")["text"]
    assert pinned(tmp_path) == []


def test_a_run_is_cancelled_by_its_button(workspace, socket, channel, home, settings, tmp_path):
    with listening(home, settings):
        workspace.mention(channel, "Post that the tide gauge is from 1884")
        workspace.until(channel, lambda one: "Approve" in buttons(one["blocks"]))
        head = workspace.until(channel, lambda one: "Cancel" in buttons(one["blocks"]))
        workspace.press(channel, head, "Cancel", user=STRANGER)
        workspace.until_told("may not cancel")
        workspace.press(channel, head, "Cancel")
        workspace.until(channel, says("Cancelled", "Post that"))
        workspace.until(channel, says("The run has ended; it is not done."))
        assert all(buttons(one["blocks"]) == {} for one in channel.messages if one.get("bot_id") and "blocks" in one)
    assert pinned(tmp_path) == []


def test_slack_may_refresh_break_and_repeat_and_each_question_is_answered_once(
    workspace, socket, channel, home, settings
):
    with listening(home, settings):
        assert workspace.command(channel, "?")["text"] == "On it."
        socket.refresh()
        told = workspace.command(channel, "Post that it is late")
        assert told["text"] == "On it."
        socket.drop()
        event = {"type": "app_mention", "user": MARA, "text": "<@UBOT> Post that it is early", "ts": "5.1"}
        workspace.slack.say(channel, "<@UBOT> Post that it is early")
        event = workspace.event(event | {"channel": channel.id, "ts": channel.messages[-1]["ts"]})
        envelope = socket.send("events_api", event)
        socket.send("events_api", event, repeat=envelope)
        socket.send("events_api", event)
        workspace.until(channel, says('"it is late"'))
        workspace.until(channel, says('"it is early"'))
    runs = json.loads(rookery("runs", "list", "--json", home=home).stdout)
    assert sorted(run["question"] for run in runs) == ["Post that it is early", "Post that it is late"]


def test_a_run_that_was_at_work_when_rookery_was_stopped_goes_on_at_the_next_start(
    workspace, socket, channel, home, settings, tmp_path
):
    with listening(home, settings):
        workspace.mention(channel, "Post that the tide gauge is from 1884")
        asked = workspace.until(channel, lambda one: "Approve" in buttons(one["blocks"]))
    workspace.until(channel, says("it goes on when it is started again"))
    before = socket.connections
    with listening(home, settings):
        until(lambda: socket.connections > before or None)
        workspace.press(channel, asked, "Approve")
        workspace.until(channel, says("Written by"))
    assert pinned(tmp_path) == ["the tide gauge is from 1884"]
    mine = [one for one in channel.messages if one.get("bot_id")]
    assert len(mine) == 3  # the question, the approval, the answer: none of them twice


def test_a_question_that_came_before_a_crash_is_answered_after_it(workspace, socket, channel, home, settings, tmp_path):
    with subprocess.Popen(
        [*MAIN, "slack"], cwd=ROOT, env=environment(home, settings), stderr=subprocess.PIPE
    ) as process:
        workspace.mention(channel, "Post that the tide gauge is from 1884")
        process.kill()
    before = socket.connections
    with listening(home, settings):
        until(lambda: socket.connections > before or None)
        asked = workspace.until(channel, lambda one: "Approve" in buttons(one["blocks"]))
        workspace.press(channel, asked, "Approve")
        workspace.until(channel, says("Written by"))
    assert pinned(tmp_path) == ["the tide gauge is from 1884"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "Slack opens no connection (invalid_auth)"),
        ({"SLACK_APP_TOKEN": ""}, "set SLACK_APP_TOKEN"),
        ({"ROOKERY_INTEGRATIONS__SLACK__BASE_URL": "http://127.0.0.1:9/api"}, "Slack cannot be reached"),
    ],
)
def test_what_is_wrong_with_the_set_up_is_said(home, settings, socket, change, complaint):
    told = rookery("slack", home=home, settings=settings | change)
    assert told.returncode != 0
    assert complaint in told.stderr
    assert "Traceback" not in told.stderr
