"""Slack's Web API by slack-sdk, each method in its turn."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rookery.adapters.integrations.slack.refusals import translated
from rookery.adapters.integrations.slack.settings import SlackSettings
from rookery.adapters.support.services.line import Line
from rookery.adapters.support.services.per_loop import Once, PerLoop
from rookery.adapters.support.services.status import Unset
from rookery.adapters.support.services.surroundings import Surroundings, refuse_offline
from rookery.domain.errors import ToolError

if TYPE_CHECKING:
    import aiohttp

_PAGES = 20  # of a list, at most
_CHANNEL_ID = re.compile(r"[CDG][A-Z0-9]{8,}")
_BY_JSON = {"chat.postMessage", "chat.update", "chat.postEphemeral"}


class SlackApi:
    """Calls methods for the bot, and for a person where only they may.

    Args:
        settings: with the tokens.
        around: clock and whether Rookery works offline.
        line: to Slack.
    """

    def __init__(self, settings: SlackSettings, around: Surroundings, line: Line) -> None:
        self._settings = settings
        self._around = around
        self.line = line
        self._sessions: PerLoop[aiohttp.ClientSession] = PerLoop(self._open)
        self._channel = Once(self._find)

    @property
    def address(self) -> str:
        """Where Slack's methods are."""
        return self._settings.base_url

    async def look(self) -> str:
        """Return as whom and where the bot works. Raises ToolError where it does not."""
        told = await self.line.once(lambda: self.call("auth.test"))
        return f"{told.get('user')} in {told.get('team')}"

    async def ask(self, method: str, *, person: bool = False, **arguments: Any) -> dict[str, Any]:
        """Call a method that changes nothing. Raises ToolError."""
        return await self.line.ask(lambda: self.call(method, person=person, **arguments))

    async def pages(self, method: str, field: str, *, most: int, **arguments: Any) -> list[dict[str, Any]]:
        """Return at most so many items of a list that comes in pages. Raises ToolError."""
        items: list[dict[str, Any]] = []
        cursor = ""
        for _ in range(_PAGES):
            page = await self.ask(method, **arguments, limit=min(most, 200), cursor=cursor or None)
            items += page.get(field) or []
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor or len(items) >= most:
                break
        return items[:most]

    async def channel(self, name: str) -> str:
        """Return the id of a channel that is given by its id or name.

        Raises:
            ToolError: there is none that the bot can see.
        """
        wanted = name.strip().removeprefix("#")
        return wanted if _CHANNEL_ID.fullmatch(wanted) else await self._channel(wanted)

    async def _find(self, name: str) -> str:
        there = {str(one.get("name")): str(one.get("id")) for one in await self.channels()}
        if name not in there:
            raise ToolError(
                f"Slack shows no channel #{name} to the bot; check its name, and invite the bot to private ones"
            )
        return there[name]

    async def channels(self) -> list[dict[str, Any]]:
        """Return the channels that the bot can see, archived ones left out; private ones where it may."""
        try:
            return await self._list("public_channel,private_channel")
        except ToolError as error:
            if "groups:read" not in str(error):
                raise
            return await self._list("public_channel")

    async def _list(self, types: str) -> list[dict[str, Any]]:
        return await self.pages("conversations.list", "channels", most=4000, types=types, exclude_archived=True)

    async def call(self, method: str, *, person: bool = False, **arguments: Any) -> dict[str, Any]:
        """Call a method once.

        Raises:
            TryAgain: it may succeed later.
            ToolError: it does not.
        """
        refuse_offline("Slack", offline=self._around.offline)
        token = self._token(person=person)
        client = _client()(
            token=token,
            base_url=f"{self._settings.base_url}/",
            timeout=int(self._settings.timeout_seconds) or 1,
            session=self._sessions(),
            retry_handlers=[],  # the line does that, for everybody at once
        )
        with translated(self._around.clock.now()):
            if method in _BY_JSON:
                answer = await client.api_call(
                    method, json={name: value for name, value in arguments.items() if value is not None}
                )
            else:
                answer = await client.api_call(method, http_verb="GET", params=_plain(arguments))
        return answer.data if isinstance(answer.data, dict) else {}

    async def close(self) -> None:
        """Close the connections."""
        session = self._sessions.take()
        if session is not None:
            await session.close()

    def _token(self, *, person: bool) -> str:
        token = self._settings.user_token if person else self._settings.token or self._settings.user_token
        if token is None:
            raise Unset("Slack is not set up: set SLACK_BOT_TOKEN, or `token` under [integrations.slack]")
        return token.get_secret_value()

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=self._settings.timeout_seconds)
        return aiohttp.ClientSession(timeout=timeout, trust_env=True)


def _client() -> Any:
    try:
        from slack_sdk.web.async_client import AsyncWebClient
    except ImportError as error:
        raise Unset("Slack needs slack-sdk: pip install 'rookery[slack]'") from error
    return AsyncWebClient


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in arguments.items() if value is not None}
    return {name: int(value) if isinstance(value, bool) else value for name, value in given.items()}
