"""Saying things in Slack: each message once, its later states in order, and no more than one a second in a channel."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from rookery.adapters.integrations.slack import SlackIntegration
from rookery.adapters.integrations.slack.api import SlackApi
from rookery.adapters.integrations.slack.messages import SlackMessage
from rookery.adapters.integrations.slack.mrkdwn import escape
from rookery.adapters.support.services.ledger import Posted
from rookery.domain.errors import ConfigurationError, ToolError
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.integration import IntegrationPort
from rookery.domain.runs import Utterance
from rookery.entrypoints.slack.blocks import Part
from rookery.entrypoints.slack.incoming import Ask, said

_PACE = 1.0  # seconds between two messages in a channel (https://docs.slack.dev/apis/web-api/rate-limits)
_TURNS, _CHARACTERS = 50, 20_000  # of what was said before; the last ones, and the first ones
_READ = 200  # messages of a thread
_EVENT = "rookery_delivery"
_ANSWER = "answer"
_SLACKS_OWN = "https://hooks.slack.com/"
_QUIET = {"unfurl_links": False, "unfurl_media": False}


class Place(NamedTuple):
    """Where something is said; a command can be answered at its address even where the bot is not."""

    channel: str
    thread: str | None = None
    response_url: str | None = None


class BlockMessage(SlackMessage):
    """A message in parts, each with blocks of its own."""

    def __init__(self, api: SlackApi, channel: str, thread: str | None, parts: Sequence[Part], kind: str) -> None:
        super().__init__(api, channel, thread, [[part.text] for part in parts])
        self._parts = parts
        self._kind = kind
        self._web = api
        self._place = {"channel": channel, "thread": thread}

    @property
    def content(self) -> str:
        return json.dumps([self._place, self._parts])

    async def post(self, number: int, mark: str, posted: Mapping[int, Posted]) -> Posted:
        part = self._parts[number - 1]
        thread = self._place["thread"] or (posted[1].reference if 1 in posted else None)
        payload = {"mark": mark, "part": number, "kind": self._kind}
        answer = await self._web.call(
            "chat.postMessage",
            channel=self._place["channel"],
            text=part.text,
            blocks=part.blocks,
            mrkdwn=False,
            parse="none",
            metadata={"event_type": _EVENT, "event_payload": payload},
            thread_ts=thread,
            **_QUIET,
        )
        return Posted(str(answer.get("ts")))


class SlackRooms:
    """The channels, as the door speaks in them."""

    def __init__(self, slack: SlackIntegration, clock: ClockPort) -> None:
        self._slack = slack
        self._clock = clock
        self._doors: dict[str, asyncio.Lock] = {}
        self._free_at: dict[str, float] = {}

    @property
    def address(self) -> str:
        """Of Slack's Web API."""
        return self._slack.api.address

    async def post(self, key: str, place: Place, parts: Sequence[Part]) -> list[str]:
        """Post a message in parts, as far as it was not posted before, and return the timestamp of each.

        Args:
            key: `kind:id`; the same for the same message.
            place: where it goes.
            parts: of the message.

        Raises:
            ToolError: it was not posted.
        """
        kind = key.partition(":")[0]
        message = BlockMessage(self._slack.api, place.channel, place.thread, parts, kind)
        async with self._turn(place.channel):
            done = await self._slack.deliveries(f"door:{key}", message)
        return [posted.reference for posted in done.posted]

    async def update(self, channel: str, ts: str, part: Part) -> None:
        """Replace what a message of ours says. Raises ToolError."""
        given: dict[str, Any] = {
            "channel": channel,
            "ts": ts,
            "text": part.text,
            "blocks": part.blocks,
            "parse": "none",
        }
        async with self._turn(channel):
            await self._slack.api.line.ask(lambda: self._slack.api.call("chat.update", **given))

    async def whisper(self, place: Place, user: str, text: str) -> None:
        """Tell something to one person only, wherever that can be done. Raises ToolError."""
        if place.response_url is not None and self._is_slacks(place.response_url):
            await _by_url(place.response_url, text)
            return
        given: dict[str, Any] = {"channel": place.channel, "user": user, "text": escape(text), "parse": "none"}
        given |= {"thread_ts": place.thread}
        async with self._turn(place.channel):
            await self._slack.api.line.ask(lambda: self._slack.api.call("chat.postEphemeral", **given))

    def _is_slacks(self, url: str) -> bool:
        """Whether an address is Slack's; nothing is sent to another one, whoever named it."""
        own = urlsplit(self._slack.api.address)
        asked = urlsplit(url)
        return url.startswith(_SLACKS_OWN) or (asked.scheme, asked.netloc) == (own.scheme, own.netloc)

    async def said_before(self, ask: Ask) -> list[Utterance]:
        """Return what was said in the thread before somebody asked, oldest first. Raises ToolError."""
        if ask.thread is None or ask.asked_at in (None, ask.thread):
            return []
        thread = await self._slack.api.pages(
            "conversations.replies",
            "messages",
            most=_READ,
            channel=ask.channel,
            ts=ask.thread,
            include_all_metadata=True,
        )
        earlier = [one for one in thread if _moment(one) < tuple(map(int, str(ask.asked_at).split(".")))]
        turns = [
            Utterance(role="assistant" if one.get("bot_id") else "user", text=text[:_CHARACTERS])
            for one in earlier
            if _counts(one) and (text := said(str(one.get("text", ""))))
        ]
        return turns[-_TURNS:]

    @asynccontextmanager
    async def _turn(self, channel: str) -> AsyncIterator[None]:
        async with self._doors.setdefault(channel, asyncio.Lock()):
            left = self._free_at.get(channel, 0.0) - self._clock.monotonic()
            if left > 0:
                await self._clock.sleep(left)
            try:
                yield
            finally:
                self._free_at[channel] = self._clock.monotonic() + _PACE


def rooms_of(integrations: Mapping[str, IntegrationPort], clock: ClockPort) -> SlackRooms:
    """Return the channels of the workspace that is set up.

    Raises:
        ConfigurationError: Slack's integration is another one than ours.
    """
    slack = integrations.get("slack")
    if not isinstance(slack, SlackIntegration):
        raise ConfigurationError("the integration `slack` is not Rookery's own, which the Slack door speaks through")
    return SlackRooms(slack, clock)


async def _by_url(url: str, text: str) -> None:
    import aiohttp
    from slack_sdk.webhook.async_client import AsyncWebhookClient

    try:
        answer = await AsyncWebhookClient(url).send(text=escape(text), response_type="ephemeral")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise ToolError(f"Slack cannot be reached ({error}); check the network", retryable=True) from error
    if answer.status_code != 200:
        raise ToolError(f"Slack does not take an answer to the command any more (status {answer.status_code})")


def _counts(message: Mapping[str, Any]) -> bool:
    """Whether a message is a part of the conversation: what people and other bots say, and answers of ours."""
    metadata = message.get("metadata") or {}
    kind = (metadata.get("event_payload") or {}).get("kind")
    return metadata.get("event_type") != _EVENT or kind in (None, _ANSWER)


def _moment(message: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(map(int, str(message.get("ts", "0.0")).split(".")))
