"""Finding and reading conversations."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rookery.adapters.integrations.slack.api import SlackApi
from rookery.adapters.integrations.slack.arguments import SlackRead, SlackSearch
from rookery.adapters.integrations.slack.mrkdwn import readable
from rookery.adapters.support.services.tools import document
from rookery.domain.errors import ToolError
from rookery.domain.sources import Document

_SEARCHED = 1000  # messages of a channel that are looked through


class Conversations:
    """Messages of Slack as documents."""

    def __init__(self, api: SlackApi, *, may_search: bool) -> None:
        self._api = api
        self._may_search = may_search

    async def search(self, query: SlackSearch) -> list[Document]:
        """Return messages that have the words, one document each.

        With a person's token Slack searches all that this person sees. A bot may not search: then the latest messages
        of the channel are looked through.

        Raises:
            ToolError: there is no person's token, and no channel is named.
        """
        if self._may_search:
            where = f" in:#{query.channel.lstrip('#')}" if query.channel else ""
            found = await self._api.ask(
                "search.messages", person=True, query=query.query + where, count=query.limit, sort="score"
            )
            matches = (found.get("messages") or {}).get("matches") or []
            return [_match(one) for one in matches[: query.limit]]
        if query.channel is None:
            raise ToolError(
                "a bot's token may not search all of Slack: name a channel, whose latest messages are looked through "
                "then, or set SLACK_USER_TOKEN (a person's token with the scope search:read)"
            )
        return await self._look_through(query, query.channel)

    async def read(self, what: SlackRead) -> Document:
        """Return the latest messages of a channel, or a thread, oldest first. Raises ToolError."""
        channel = await self._api.channel(what.channel)
        if what.thread is None:
            latest = await self._api.pages("conversations.history", "messages", most=what.limit, channel=channel)
            messages = latest[::-1]
        else:
            messages = await self._api.pages(
                "conversations.replies", "messages", most=what.limit, channel=channel, ts=what.thread
            )
        first = what.thread or (str(messages[0]["ts"]) if messages else None)
        url = await self.permalink(channel, first) if first else None
        title = f"{'thread in ' if what.thread else ''}#{what.channel.lstrip('#')}"
        return document(url or f"slack:{channel}", title, "\n\n".join(map(_line, messages)))

    async def permalink(self, channel: str, ts: str) -> str | None:
        """Return the address of a message. Raises ToolError."""
        told = await self._api.ask("chat.getPermalink", channel=channel, message_ts=ts)
        return str(told["permalink"]) if told.get("permalink") else None

    async def _look_through(self, query: SlackSearch, name: str) -> list[Document]:
        channel = await self._api.channel(name)
        messages = await self._api.pages("conversations.history", "messages", most=_SEARCHED, channel=channel)
        words = [word.lower() for word in query.query.split()]
        scored = [(sum(word in str(one.get("text", "")).lower() for word in words), one) for one in messages]
        best = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])[: query.limit]
        return [
            document(
                await self.permalink(channel, str(one["ts"])) or f"slack:{channel}", f"#{name.lstrip('#')}", _line(one)
            )
            for _, one in best
        ]


def _match(found: Mapping[str, Any]) -> Document:
    channel = (found.get("channel") or {}).get("name", "")
    return document(str(found.get("permalink", "")), f"#{channel}", _line(found))


def _line(message: Mapping[str, Any]) -> str:
    said = datetime.fromtimestamp(float(message.get("ts", 0)), UTC)
    who = message.get("username") or message.get("user") or message.get("bot_id") or "somebody"
    return f"{who}, {said:%Y-%m-%d %H:%M} UTC: {readable(str(message.get('text', '')))}"
