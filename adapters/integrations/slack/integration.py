"""Slack: search, read, post (https://api.slack.com/web, by slack-sdk)."""

from collections.abc import Sequence
from contextlib import suppress

from rookery.adapters.integrations.slack.api import SlackApi
from rookery.adapters.integrations.slack.arguments import SlackPost, SlackRead, SlackSearch
from rookery.adapters.integrations.slack.messages import SlackMessage
from rookery.adapters.integrations.slack.mrkdwn import messages_of
from rookery.adapters.integrations.slack.reading import Conversations
from rookery.adapters.integrations.slack.settings import SlackSettings
from rookery.adapters.support.services.status import as_notifier, status_of
from rookery.adapters.support.services.surroundings import Surroundings
from rookery.adapters.support.services.tools import ServiceTool, read, written
from rookery.domain.errors import NotifierError, ToolError
from rookery.domain.integrations import Delivery, IntegrationStatus, Notification
from rookery.domain.ports.integration import IntegrationPort
from rookery.domain.ports.tool import Outcome, Scope, Tool

_PACE = 1.0  # seconds; Slack allows about one message a second in a channel


class SlackIntegration(IntegrationPort):
    """Posts to channels and threads, and reads them.

    Attributes:
        api: to Slack, with the one line that all of the process shares.
        deliveries: what is posted once.
    """

    name = "slack"
    kind = "chat"

    def __init__(self, settings: SlackSettings, surroundings: Surroundings) -> None:
        line = surroundings.line(self.name, settings, pace=_PACE)
        self._settings = settings
        self._around = surroundings
        self.api = SlackApi(settings, surroundings, line)
        self.deliveries = surroundings.deliveries(self.name, line)
        self._talk = Conversations(self.api, may_search=settings.user_token is not None)
        self._tools: list[Tool] = [
            ServiceTool("slack_search", "find what was said in Slack", SlackSearch, self._search),
            ServiceTool("slack_read", "read a channel or a thread of Slack", SlackRead, self._read),
            ServiceTool("slack_post", "say something in a Slack channel", SlackPost, self._post, effect="write"),
        ]

    @property
    def tools(self) -> Sequence[Tool]:
        return self._tools

    async def check(self) -> IntegrationStatus:
        return await status_of(self, self.api.line.gate, self.api.look)

    async def notify(self, notification: Notification, *, idempotency_key: str) -> Delivery:
        target = notification.target or self._settings.channel
        if target is None:
            raise NotifierError("name a channel as the target, or set `channel` under [integrations.slack]")
        with as_notifier():
            return await self._send(target, None, messages_of(notification.text, notification.title), idempotency_key)

    async def close(self) -> None:
        await self.api.close()

    async def _send(self, target: str, thread: str | None, sections: list[list[str]], key: str) -> Delivery:
        channel = await self.api.channel(target)
        done = await self.deliveries(key, SlackMessage(self.api, channel, thread, sections))
        url = None
        with suppress(ToolError):  # it is posted, with or without its address
            url = await self._talk.permalink(channel, done.posted[0].reference)
        return Delivery(service=self.name, target=target, url=url, parts=len(done.posted), repeated=done.repeated)

    async def _search(self, query: SlackSearch, scope: Scope) -> Outcome:
        found = await self._talk.search(query)
        return read(await self._around.capture(found, query.query, limit=scope.passages), found)

    async def _read(self, what: SlackRead, scope: Scope) -> Outcome:
        conversation = await self._talk.read(what)
        return read(await self._around.capture([conversation], what.query, limit=scope.passages), [conversation])

    async def _post(self, message: SlackPost, scope: Scope) -> Outcome:
        done = await self._send(message.channel, message.thread, messages_of(message.text), scope.key)
        return written(f"posted in {message.channel}", done.url, repeated=done.repeated, place=message.channel)
