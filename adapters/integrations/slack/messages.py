"""A message to a channel or a thread, as a message and replies to it.

The mark of a part is in its metadata, which people do not see. It is looked for in the channel's history, where Slack
shows a message as soon as it is posted; that takes the scope channels:history (groups:history for private channels).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rookery.adapters.integrations.slack.api import SlackApi
from rookery.adapters.support.services.ledger import Posted
from rookery.domain.errors import ToolError

_EVENT = "rookery_delivery"
_LOOKED_THROUGH = 1000  # messages


class SlackMessage:
    """A message in parts; the second and later ones are replies to the first.

    Args:
        api: to Slack.
        channel: its id.
        thread: timestamp of the message that this is a reply to.
        sections: of each part.
    """

    def __init__(self, api: SlackApi, channel: str, thread: str | None, sections: Sequence[Sequence[str]]) -> None:
        self._api = api
        self._channel = channel
        self._thread = thread
        self._sections = sections

    @property
    def content(self) -> str:
        return json.dumps([self._channel, self._thread, self._sections])

    @property
    def parts(self) -> int:
        return len(self._sections)

    async def post(self, number: int, mark: str, posted: Mapping[int, Posted]) -> Posted:
        sections = self._sections[number - 1]
        thread = self._thread or (posted[1].reference if 1 in posted else None)
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}, "expand": True} for text in sections]
        answer = await self._api.call(
            "chat.postMessage",
            channel=self._channel,
            text="\n\n".join(sections),
            blocks=blocks,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": _EVENT, "event_payload": {"mark": mark, "part": number}},
            thread_ts=thread,
        )
        return Posted(str(answer.get("ts")))

    async def find(self, mark: str, since: datetime, posted: Mapping[int, Posted]) -> Mapping[int, Posted]:
        seen = {"channel": self._channel, "include_all_metadata": True}
        try:
            found = {}
            if self._thread is None:
                oldest = f"{since.timestamp():.6f}"
                found = _marked(await self._messages("conversations.history", **seen, oldest=oldest), mark)
            thread = self._thread or (found | dict(posted)).get(1, Posted("")).reference
            if (thread and self.parts > 1) or self._thread:
                found |= _marked(await self._messages("conversations.replies", **seen, ts=thread), mark)
        except ToolError as error:
            raise ToolError(
                f"whether Slack has got the message is not known, and it cannot be looked up ({error}); look into the "
                "channel, and send it anew if it is not there",
            ) from error
        return found

    async def _messages(self, method: str, **arguments: Any) -> list[dict[str, Any]]:
        return await self._api.pages(method, "messages", most=_LOOKED_THROUGH, **arguments)


def _marked(messages: Sequence[Mapping[str, Any]], mark: str) -> dict[int, Posted]:
    found = {}
    for message in messages:
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        if metadata.get("event_type") == _EVENT and payload.get("mark") == mark:
            found[int(payload.get("part", 1))] = Posted(str(message.get("ts")))
    return found
