"""What Slack sends, as far as it is for Rookery.

Events: https://docs.slack.dev/reference/events. Commands and buttons: https://docs.slack.dev/interactivity.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, ValidationError

from rookery.adapters.integrations.slack.mrkdwn import readable
from rookery.domain.frozen import Frozen

_MENTIONED = re.compile(r"^\s*(?:<@[A-Z0-9]+(?:\|[^>]*)?>[\s,:]*)+")
_ID = r"^[A-Z0-9]{1,32}$"
_TS = r"^\d{1,12}\.\d{1,8}$"


class Kind(StrEnum):
    """The three ways in which Slack speaks to an app."""

    EVENTS = "events"
    COMMANDS = "commands"
    INTERACTIONS = "interactions"


class Ask(Frozen):
    """Somebody asks.

    Attributes:
        key: the same when Slack sends it again.
        thread: first message of the thread in which it is answered; None for a command, whose answer opens one.
        asked_at: the message that asks; what was said before it in the thread is context.
        response_url: where a command can be answered, whether or not the bot is in the channel.
    """

    key: str = Field(min_length=1, max_length=200)
    channel: str = Field(pattern=_ID)
    user: str = Field(pattern=_ID)
    text: str
    thread: str | None = Field(default=None, pattern=_TS)
    asked_at: str | None = Field(default=None, pattern=_TS)
    response_url: str | None = None


class Press(Frozen):
    """Somebody presses a button under a message of ours."""

    action: Literal["approve", "deny", "cancel", "resume"]
    value: str = Field(min_length=1, max_length=200)
    channel: str = Field(pattern=_ID)
    user: str = Field(pattern=_ID)
    message: str = Field(pattern=_TS)
    thread: str | None = Field(default=None, pattern=_TS)
    response_url: str | None = None


def said(text: str) -> str:
    """Return what a message says, without those whom it begins by addressing."""
    return readable(_MENTIONED.sub("", text)).strip()


def understood(kind: Kind, payload: Mapping[str, Any]) -> Ask | Press | None:
    """Return what a payload is about; None where it is not for us, or not of Slack's form."""
    read = {Kind.EVENTS: _event, Kind.COMMANDS: _command, Kind.INTERACTIONS: _interaction}[kind]
    try:
        return read(payload)
    except (KeyError, IndexError, TypeError, AttributeError, ValidationError):
        return None


def _event(payload: Mapping[str, Any]) -> Ask | None:
    event: Mapping[str, Any] = payload["event"]
    mentioned = event["type"] == "app_mention"
    direct = event["type"] == "message" and event.get("channel_type") == "im"
    if not (mentioned or direct) or event.get("subtype") or event.get("bot_id"):
        return None
    return Ask(
        key=f"slack:{payload['event_id']}",
        channel=event["channel"],
        user=event["user"],
        text=said(str(event.get("text", ""))),
        thread=event.get("thread_ts") or event["ts"],
        asked_at=event["ts"],
    )


def _command(payload: Mapping[str, Any]) -> Ask:
    return Ask(
        key=f"slack:{payload['trigger_id']}",
        channel=payload["channel_id"],
        user=payload["user_id"],
        text=readable(str(payload.get("text") or "")).strip(),
        response_url=payload.get("response_url"),
    )


def _interaction(payload: Mapping[str, Any]) -> Press | None:
    if payload["type"] != "block_actions":
        return None
    pressed: Sequence[Mapping[str, Any]] = payload["actions"]
    shown: Mapping[str, Any] = payload["container"]
    prefix, _, action = str(pressed[0]["action_id"]).partition(":")
    if prefix != "rookery":
        return None
    return Press.model_validate(
        {
            "action": action,
            "value": pressed[0]["value"],
            "channel": shown.get("channel_id") or payload["channel"]["id"],
            "user": payload["user"]["id"],
            "message": shown["message_ts"],
            "thread": shown.get("thread_ts") or (payload.get("message") or {}).get("thread_ts"),
            "response_url": payload.get("response_url"),
        }
    )
