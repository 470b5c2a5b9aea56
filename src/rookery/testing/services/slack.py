"""A workspace that speaks Slack's Web API (https://api.slack.com/web)."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rookery.testing.services.requests import Reply, Request
from rookery.testing.services.slack_blocks import fault_of
from rookery.testing.services.wire import LocalService

_LONGEST_TEXT = 40_000
_LONGEST_UPDATE = 4_000
_RESPONSES = "/response/"


@dataclass
class Channel:
    """A channel, and what was said in it, oldest first."""

    id: str
    name: str
    member: bool = True
    archived: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)


class SlackService(LocalService):
    """Channels with messages and threads. The token is a bot's; `user_token` may search, as in the real one.

    Args:
        token: of the bot.
        scopes: that it has.
        now: the service's clock.
    """

    SCOPES = frozenset({"chat:write", "channels:read", "channels:history", "groups:read", "groups:history"})

    def __init__(
        self,
        token: str = "xoxb-local-bot",
        *,
        scopes: frozenset[str] = SCOPES,
        **more: Callable[[], datetime],
    ) -> None:
        super().__init__(token, **more)
        self.user_token = "xoxp-local-user"
        self.app_token = "xapp-local-app"
        self.socket_address: Callable[[], str] | None = None
        self.whispers: list[dict[str, Any]] = []
        """What was told to one person only, by the Web API or at a command's address."""
        self.scopes = scopes
        self.channels: list[Channel] = []
        self.page_size = 100
        self._count = 0
        self._methods: dict[str, tuple[str | None, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
            "auth.test": (None, self._auth_test),
            "chat.postMessage": ("chat:write", self._post),
            "chat.update": ("chat:write", self._update),
            "chat.postEphemeral": ("chat:write", self._whisper),
            "chat.getPermalink": (None, self._permalink),
            "conversations.list": ("channels:read", self._list),
            "conversations.history": ("channels:history", self._history),
            "conversations.replies": ("channels:history", self._replies),
            "search.messages": (None, self._search),
        }

    def channel(self, name: str, *, member: bool = True, archived: bool = False) -> Channel:
        """Add a channel."""
        self.channels.append(Channel(f"C{len(self.channels):09}", name, member, archived))
        return self.channels[-1]

    def say(self, channel: Channel, text: str, *, user: str = "U000000001", thread: str | None = None) -> str:
        """Have somebody say something, and return its timestamp."""
        message = {"type": "message", "user": user, "text": text, "ts": self._ts()}
        channel.messages.append(message | ({"thread_ts": thread} if thread else {}))
        return str(message["ts"])

    def too_many(self, headers: dict[str, str]) -> Reply:
        return Reply(429, {"ok": False, "error": "ratelimited"}, headers)

    def response_url(self) -> str:
        """Return an address at which a command can be answered."""
        return f"{self.url}{_RESPONSES}{self._ts()}"

    def handle(self, request: Request) -> Reply:
        method = request.path.removeprefix("/api/")
        if request.path.startswith(_RESPONSES):
            self.whispers.append(request.json)
            return Reply(200, b"ok")
        if method == "apps.connections.open":
            return self._open(request)
        if method not in self._methods:
            return Reply(200, {"ok": False, "error": "unknown_method"})
        scope, work = self._methods[method]
        if request.token not in (self.token, self.user_token):
            return Reply(200, {"ok": False, "error": "invalid_auth" if request.token else "not_authed"})
        if method == "search.messages" and request.token == self.token:
            return Reply(200, {"ok": False, "error": "not_allowed_token_type"})
        if scope is not None and scope not in self.scopes:
            missing = {"error": "missing_scope", "needed": scope, "provided": ",".join(sorted(self.scopes))}
            return Reply(200, {"ok": False, **missing})
        answer = work(_arguments(request))
        return Reply(200, {"ok": "error" not in answer, **answer})

    def _auth_test(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"url": "https://rookery-test.slack.com/", "team": "Rookery Test", "user": "rookery", "user_id": "UBOT"}

    def _find(self, given: Mapping[str, Any]) -> Channel | None:
        return next((one for one in self.channels if given.get("channel") in (one.id, f"#{one.name}")), None)

    def _post(self, given: Mapping[str, Any]) -> dict[str, Any]:
        channel = self._find(given)
        fault = _fault(channel, given)
        if fault is not None or channel is None:
            return {"error": fault}
        message = {"type": "message", "user": "UBOT", "bot_id": "BROOK", "ts": self._ts()}
        kept = {name: given[name] for name in ("text", "blocks", "metadata", "thread_ts") if given.get(name)}
        channel.messages.append({**message, **kept})
        return {"channel": channel.id, "ts": message["ts"], "message": channel.messages[-1]}

    def _update(self, given: Mapping[str, Any]) -> dict[str, Any]:
        channel = self._find(given)
        message = next((one for one in channel.messages if one["ts"] == given.get("ts")), None) if channel else None
        if channel is None or message is None:
            return {"error": "channel_not_found" if channel is None else "message_not_found"}
        if message.get("bot_id") is None:
            return {"error": "cant_update_message"}
        if len(str(given.get("text", ""))) > _LONGEST_UPDATE:
            return {"error": "msg_too_long"}
        fault = _fault(channel, given)
        if fault is not None:
            return {"error": fault}
        message |= {name: given[name] for name in ("text", "blocks", "metadata") if given.get(name)}
        message.setdefault("edits", []).append({"at": self.now().isoformat(), "blocks": given.get("blocks")})
        return {"channel": channel.id, "ts": message["ts"], "text": message["text"]}

    def _whisper(self, given: Mapping[str, Any]) -> dict[str, Any]:
        fault = _fault(self._find(given), given) or (None if given.get("user") else "user_not_in_channel")
        if fault is not None:
            return {"error": fault}
        self.whispers.append(dict(given))
        return {"message_ts": self._ts()}

    def _open(self, request: Request) -> Reply:
        if request.token != self.app_token:
            wrong = "invalid_auth" if request.token not in (self.token, self.user_token) else "not_allowed_token_type"
            return Reply(200, {"ok": False, "error": wrong})
        if self.socket_address is None:
            return Reply(200, {"ok": False, "error": "forbidden_team"})
        return Reply(200, {"ok": True, "url": self.socket_address()})

    def _permalink(self, given: Mapping[str, Any]) -> dict[str, Any]:
        channel = self._find(given)
        if channel is None:
            return {"error": "channel_not_found"}
        place = str(given.get("message_ts", "")).replace(".", "")
        return {"permalink": f"https://rookery-test.slack.com/archives/{channel.id}/p{place}"}

    def _list(self, given: Mapping[str, Any]) -> dict[str, Any]:
        shown = [one for one in self.channels if not (one.archived and _true(given.get("exclude_archived")))]
        described = [
            {"id": one.id, "name": one.name, "is_member": one.member, "is_archived": one.archived} for one in shown
        ]
        return self._page("channels", described, given)

    def _history(self, given: Mapping[str, Any]) -> dict[str, Any]:
        channel = self._find(given)
        if channel is None:
            return {"error": "channel_not_found"}
        if not channel.member:
            return {"error": "not_in_channel"}
        roots = [one for one in reversed(channel.messages) if one.get("thread_ts") in (None, one["ts"])]
        return self._page("messages", self._shown(roots, given), given)

    def _replies(self, given: Mapping[str, Any]) -> dict[str, Any]:
        channel = self._find(given)
        if channel is None:
            return {"error": "channel_not_found"}
        thread = [one for one in channel.messages if given.get("ts") in (one["ts"], one.get("thread_ts"))]
        if not thread:
            return {"error": "thread_not_found"}
        return self._page("messages", self._shown(thread, given), given)

    def _shown(self, messages: list[dict[str, Any]], given: Mapping[str, Any]) -> list[dict[str, Any]]:
        oldest = float(given.get("oldest") or 0)
        hidden = {"edits"} if _true(given.get("include_all_metadata")) else {"edits", "metadata"}
        newer = [one for one in messages if float(one["ts"]) >= oldest]
        return [{name: value for name, value in one.items() if name not in hidden} for one in newer]

    def _search(self, given: Mapping[str, Any]) -> dict[str, Any]:
        words = str(given.get("query", "")).lower().split()
        found = [
            {**one, "channel": {"id": channel.id, "name": channel.name}, "permalink": self._link(channel, one)}
            for channel in self.channels
            for one in channel.messages
            if all(word in str(one.get("text", "")).lower() for word in words)
        ]
        count = min(int(given.get("count") or 20), 100)
        return {"messages": {"total": len(found), "matches": found[:count]}}

    def _link(self, channel: Channel, message: Mapping[str, Any]) -> str:
        return str(self._permalink({"channel": channel.id, "message_ts": message["ts"]})["permalink"])

    def _page(self, name: str, items: list[Any], given: Mapping[str, Any]) -> dict[str, Any]:
        size = min(int(given.get("limit") or 100), self.page_size)
        start = int(base64.b64decode(given["cursor"])) if given.get("cursor") else 0
        more = start + size < len(items)
        following = base64.b64encode(str(start + size).encode()).decode() if more else ""
        return {name: items[start : start + size], "response_metadata": {"next_cursor": following}, "has_more": more}

    def _ts(self) -> str:
        self._count += 1
        return f"{int(self.now().timestamp())}.{self._count:06}"


def _arguments(request: Request) -> dict[str, Any]:
    """Slack takes JSON, forms and queries; in the latter two, structures are JSON in a string."""
    if request.headers.get("content-type", "").startswith("application/json"):
        return {**request.query, **request.json}
    plain: dict[str, Any] = {**request.query, **request.form}
    return {name: json.loads(value) if name in ("blocks", "metadata") else value for name, value in plain.items()}


def _fault(channel: Channel | None, given: Mapping[str, Any]) -> str | None:
    blocks = given.get("blocks") or []
    checks = {
        "channel_not_found": channel is None,
        "not_in_channel": channel is not None and not channel.member,
        "is_archived": channel is not None and channel.archived,
        "no_text": not given.get("text") and not blocks,
        "msg_too_long": len(str(given.get("text", ""))) > _LONGEST_TEXT,
        "invalid_blocks": fault_of(blocks) is not None,
        "thread_not_found": not _has(channel, given.get("thread_ts")),
    }
    return next((fault for fault, holds in checks.items() if holds), None)


def _has(channel: Channel | None, ts: str | None) -> bool:
    return ts is None or (channel is not None and any(one["ts"] == ts for one in channel.messages))


def _true(value: object) -> bool:
    return value in (True, "1", "true")
