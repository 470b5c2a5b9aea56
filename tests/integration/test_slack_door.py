"""Slack's doors over HTTP: a real server, in a workspace that speaks Slack's protocol."""

import time

import httpx
import pytest

from rookery.testing.services import SlackService, serve
from rookery.testing.services.slack_blocks import buttons, shown
from tests.support.server import LIGHT, copy_home, start_server
from tests.support.workspace import (
    MARA,
    SECRET,
    STRANGER,
    Workspace,
    by_http,
    encoded,
    says,
    send,
    settings_for,
    signed,
    until,
)

QUESTION = "When was the observatory founded?"


@pytest.fixture(scope="module")
def slack():
    with serve(SlackService()) as slack:
        yield slack


@pytest.fixture(scope="module")
def server(slack, well_read_home, tmp_path_factory):
    home = copy_home(well_read_home, tmp_path_factory.mktemp("slack") / "home")
    with start_server(home, settings=settings_for(slack, SLACK_SIGNING_SECRET=SECRET)) as server:
        yield server


@pytest.fixture
def workspace(slack, server):
    return Workspace(slack, by_http(server.url))


@pytest.fixture
def channel(slack):
    return slack.channel("team")


def runs(server):
    return httpx.get(f"{server.url}/v1/runs", headers=server.headers, params={"limit": 100}).json()["items"]


def test_the_address_is_verified_as_slack_asks_for_it(server):
    answer = send(server.url, "events", {"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"})
    assert answer.json() == {"challenge": "3eZbrw1a"}


@pytest.mark.parametrize("door", ["events", "commands", "interactions"])
def test_what_slack_has_not_signed_just_now_comes_to_nothing(server, workspace, channel, door):
    payload = {"type": "url_verification", "challenge": "x", "payload": "{}"}
    body, kind = encoded(door, payload)
    forgeries = [
        {},
        signed(body, secret="another secret"),
        signed(body + b" "),
        signed(body, at=time.time() - 400),
        signed(body) | {"X-Slack-Signature": ""},
    ]
    for headers in forgeries:
        told = {"Content-Type": kind, **headers}
        answer = httpx.post(f"{server.url}/integrations/slack/{door}", content=body, headers=told)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert "challenge" not in answer.text


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'"text"'])
def test_a_signed_body_that_is_not_of_slacks_form_is_refused(server, body):
    told = {"Content-Type": "application/json", **signed(body)}
    answer = httpx.post(f"{server.url}/integrations/slack/events", content=body, headers=told)
    assert answer.status_code == 400


def test_events_that_are_not_for_rookery_are_taken_and_left_alone(server, workspace, channel):
    before = len(runs(server))
    for event in (
        {"type": "reaction_added", "user": MARA},
        {"type": "app_mention", "bot_id": "B1", "user": MARA, "text": "Why?", "ts": "1.1", "channel": channel.id},
        {"type": "app_mention", "text": "Why?"},
        {"type": "message", "channel_type": "channel", "user": MARA, "text": "Why?", "ts": "1.1", "channel": "C1"},
        {"type": "message", "subtype": "message_changed", "channel_type": "im", "channel": "D1", "ts": "1.1"},
        {"type": "app_mention", "user": "../..", "text": "Why?", "ts": "1.1", "channel": channel.id},
    ):
        assert send(server.url, "events", workspace.event(event)).status_code == 200
    assert len(runs(server)) == before


def test_a_mention_is_answered_in_its_thread_with_numbered_sources(server, workspace, channel):
    told = workspace.mention(channel, QUESTION)
    answer = workspace.until(channel, says("Here is the answer", "Sources"))
    head = workspace.until(channel, says(QUESTION, "Answered"))
    assert {answer["thread_ts"], head["thread_ts"]} == {told["event"]["ts"]}
    run = next(one for one in runs(server) if one["id"] in shown(answer["blocks"]))
    words = shown(answer["blocks"])
    assert words.startswith(f"@{MARA}")
    for claim in run["result"]["claims"]:
        assert claim["text"] in words
    for citation in run["result"]["citations"]:
        assert f"[{citation['id']}] {citation['title']}" in words
        assert " ".join(citation["quote"].split()) in words
    assert buttons(head["blocks"]) == {}


def test_progress_is_shown_by_editing_one_message(workspace, channel):
    workspace.mention(channel, QUESTION)
    workspace.until(channel, says("Here is the answer"))
    mine = [one for one in channel.messages if one.get("bot_id")]
    assert len(mine) == 2
    assert any(one.get("edits") for one in mine)


def test_an_event_that_slack_repeats_is_handled_once(server, workspace, channel):
    before = len(runs(server))
    told = workspace.mention(channel, QUESTION)
    for number in (1, 2, 3):
        again = send(server.url, "events", told, **{"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "x"})
        assert again.status_code == 200
    workspace.until(channel, says("Here is the answer"))
    assert send(server.url, "events", told).status_code == 200
    assert len(runs(server)) == before + 1
    assert len([one for one in channel.messages if one.get("bot_id")]) == 2


def test_a_command_is_acknowledged_to_its_asker_and_opens_a_thread(server, workspace, channel):
    assert workspace.command(channel, QUESTION) == {"response_type": "ephemeral", "text": "On it."}
    answer = workspace.until(channel, says("Here is the answer"))
    assert answer["thread_ts"] == workspace.until(channel, says("Answered"))["ts"]


def test_a_command_without_a_question_says_how_to_ask(workspace, channel):
    assert "/research When" in workspace.command(channel, "  ")["text"]


def test_a_command_where_the_bot_is_not_tells_its_asker(workspace, slack):
    closed = slack.channel("closed", member=False)
    workspace.command(closed, QUESTION)
    assert "invite" in workspace.until_told("not in the channel")["text"]
    assert closed.messages == []


def test_a_question_that_is_none_is_refused_in_words(workspace, channel):
    workspace.mention(channel, "?!")
    assert workspace.until_told("no letter and no digit")["user"] == MARA


def test_a_follow_up_is_understood_from_its_thread(server, workspace, channel):
    first = workspace.mention(channel, QUESTION)
    workspace.until(channel, says("Here is the answer"))
    workspace.slack.say(channel, "Interesting.", thread=first["event"]["ts"])
    workspace.mention(channel, "And who founded it?", thread=first["event"]["ts"])
    run = until(lambda: next((one for one in runs(server) if one["question"] == "And who founded it?"), None))
    said = [(turn["role"], turn["text"]) for turn in run["conversation"]]
    assert said[0] == ("user", QUESTION)
    assert said[-1] == ("user", "Interesting.")
    assert [role for role, _ in said] == ["user", "assistant", "user"]
    assert "Sources" in said[1][1]


def test_who_may_not_ask_is_told_so_and_nothing_is_begun(server, workspace, channel):
    before = len(runs(server))
    told = workspace.command(channel, QUESTION, user=STRANGER)
    assert f"add {STRANGER}" in told["text"]
    workspace.mention(channel, QUESTION, user=STRANGER)
    assert workspace.until_told(f"add {STRANGER}")["user"] == STRANGER
    assert len(runs(server)) == before
    assert [one for one in channel.messages if one.get("bot_id")] == []


def test_a_partial_result_is_said_plainly(workspace, channel):
    workspace.mention(channel, "What is the boiling point of tungsten?")
    workspace.until(channel, says("Only a part of this could be answered", "do not answer this question"))


def test_when_slack_is_busy_the_last_state_and_the_answer_still_arrive(server, workspace, channel):
    workspace.mention(channel, QUESTION)
    workspace.until(channel, says(QUESTION))
    workspace.slack.busy(2)
    workspace.until(channel, says("Here is the answer"))
    workspace.until(channel, says("Answered"))
    assert workspace.slack.early == []


def test_without_a_signing_secret_the_doors_refuse(tmp_path):
    with start_server(tmp_path / "home", settings=LIGHT) as server:
        answer = send(server.url, "events", {"type": "url_verification", "challenge": "x"})
        assert answer.status_code == 401
        assert "SLACK_SIGNING_SECRET" in answer.json()["detail"]
