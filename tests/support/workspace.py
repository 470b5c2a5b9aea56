"""A workspace of Slack on this machine, the people in it, and a Rookery that listens to them."""

import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
from slack_sdk.signature import SignatureVerifier

from rookery.adapters.integrations.slack.mrkdwn import escape
from rookery.testing.services import SlackService
from rookery.testing.services.slack import Channel
from rookery.testing.services.slack_blocks import buttons, shown
from tests.support import noticeboard
from tests.support.openai_server import OpenAIServer
from tests.support.server import MAIN, ROOT, environment

T = TypeVar("T")
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
MARA, STRANGER = "U000000001", "U000000666"
CLERK = 'goal = "Post what is to be known."\ntools = ["post_notice"]\n'
_PATIENCE = 60.0


def settings_for(slack: SlackService, **more: str) -> dict[str, str]:
    """Return the settings of a Rookery in this workspace, in which Mara may ask and approve."""
    return {
        "ROOKERY_RESEARCH__OFFLINE": "false",
        "ROOKERY_INTEGRATIONS__SLACK__BASE_URL": f"{slack.url}/api",
        "ROOKERY_SLACK__ASKERS": f'["{MARA}"]',
        "ROOKERY_SLACK__APPROVERS": f'["{MARA}"]',
        "SLACK_BOT_TOKEN": slack.token,
        **more,
    }


def with_a_clerk(home: Path, folder: Path, model: OpenAIServer) -> dict[str, str]:
    """Have a clerk in the home who may write to a noticeboard; return the settings that this takes."""
    (home / "agents").mkdir(exist_ok=True)
    (home / "agents" / "clerk.toml").write_text(CLERK, "utf-8")
    noticeboard.write(folder / "site")
    return {
        "PYTHONPATH": os.pathsep.join([str(folder / "site"), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
        "ROOKERY_TOOLS__POST_NOTICE__BOARD": str(folder / "board.txt"),
        "ROOKERY_RESEARCH__MODEL": "openai:rook-1",
        "ROOKERY_LLMS__OPENAI__BASE_URL": model.url,
        "ROOKERY_LLMS__OPENAI__API_KEY": "sk-not-a-real-key",
        "ROOKERY_SLACK__AGENT": "clerk",
    }


class Workspace:
    """People in a workspace, as Slack tells the app of them.

    Args:
        slack: the workspace.
        deliver: sends what Slack sends, `events`, `commands` or `interactions`, and returns the answer.
    """

    def __init__(self, slack: SlackService, deliver: Callable[[str, dict[str, Any]], Any]) -> None:
        self.slack = slack
        self.deliver = deliver

    def mention(self, channel: Channel, text: str, *, user: str = MARA, thread: str | None = None) -> dict[str, Any]:
        """Have somebody say something to Rookery; return what Slack sent of it, which it may send again."""
        said = f"<@UBOT> {escape(text)}"
        ts = self.slack.say(channel, said, user=user, thread=thread)
        event = {"type": "app_mention", "user": user, "text": said, "ts": ts, "channel": channel.id}
        told = self.event(event | ({"thread_ts": thread} if thread else {}))
        self.deliver("events", told)
        return told

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return an event as Slack wraps it."""
        return {"type": "event_callback", "event_id": f"Ev{uuid.uuid4().hex}", "team_id": "T1", "event": dict(event)}

    def command(self, channel: Channel, text: str, *, user: str = MARA) -> Any:
        """Have somebody type /research; return what they are told at once."""
        told = {"command": "/research", "text": text, "user_id": user, "channel_id": channel.id, "team_id": "T1"}
        return self.deliver(
            "commands", told | {"trigger_id": f"1.1.{uuid.uuid4().hex}", "response_url": self.slack.response_url()}
        )

    def press(self, channel: Channel, message: Mapping[str, Any], label: str, *, user: str = MARA) -> Any:
        """Have somebody press a button."""
        pressed = buttons(message["blocks"])[label]
        container = {"type": "message", "message_ts": message["ts"], "channel_id": channel.id}
        told = {
            "type": "block_actions",
            "user": {"id": user, "name": "somebody"},
            "channel": {"id": channel.id},
            "container": container | {"thread_ts": message.get("thread_ts")},
            "actions": [{"action_id": pressed["action_id"], "value": pressed["value"], "type": "button"}],
            "response_url": self.slack.response_url(),
        }
        return self.deliver("interactions", told)

    def until(self, channel: Channel, holds: Callable[[Mapping[str, Any]], object]) -> dict[str, Any]:
        """Wait for a message of Rookery's of which something holds, and return it."""

        def look() -> dict[str, Any] | None:
            mine = [one for one in channel.messages if one.get("bot_id") == "BROOK"]
            return next((dict(one) for one in mine if holds(one)), None)

        return until(look)

    def until_told(self, words: str) -> dict[str, Any]:
        """Wait until something is told to one person only, and return it."""
        return until(lambda: next((one for one in self.slack.whispers if words in one["text"]), None))


def until(look: Callable[[], T | None]) -> T:
    """Look again and again until there is something to see. AssertionError: there never was."""
    end = time.monotonic() + _PATIENCE
    while (seen := look()) is None:
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
    return seen


def says(*texts: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether a message shows all these words."""
    return lambda message: all(text in shown(message["blocks"]) for text in texts)


def signed(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """Return the headers of a request that Slack has signed."""
    timestamp = str(int(time.time() if at is None else at))
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": str(signature)}


def by_http(url: str) -> Callable[[str, dict[str, Any]], Any]:
    """Return what sends to a server over HTTP as Slack does, and returns the body of the answer."""

    def deliver(door: str, payload: dict[str, Any]) -> Any:
        answer = send(url, door, payload)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None

    return deliver


def send(url: str, door: str, payload: Mapping[str, Any], **headers: str) -> httpx.Response:
    """Send one signed request."""
    body, kind = encoded(door, payload)
    told = {"Content-Type": kind, **signed(body), **headers}
    return httpx.post(f"{url}/integrations/slack/{door}", content=body, headers=told, timeout=30)


def encoded(door: str, payload: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return a payload in the form in which Slack sends it, and the type of that form."""
    form = "application/x-www-form-urlencoded"
    match door:
        case "events":
            return json.dumps(payload).encode(), "application/json"
        case "commands":
            return urlencode(payload).encode(), form
        case _:
            return urlencode({"payload": json.dumps(payload)}).encode(), form


@contextmanager
def listening(home: Path, settings: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """Run `rookery slack` until the block ends, then ask it to end."""
    variables = environment(home, settings)
    with subprocess.Popen([*MAIN, "slack"], cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
