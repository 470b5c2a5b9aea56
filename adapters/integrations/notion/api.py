"""Notion's API by notion-client, each request in its turn.

The version is 2025-09-03, in which a database holds data sources: pages are made under, and queried from, these.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from rookery.adapters.integrations.notion.refusals import translated
from rookery.adapters.integrations.notion.settings import NotionSettings
from rookery.adapters.support.services.line import Line
from rookery.adapters.support.services.per_loop import PerLoop
from rookery.adapters.support.services.status import Unset
from rookery.adapters.support.services.surroundings import Surroundings, refuse_offline
from rookery.domain.errors import ToolError

if TYPE_CHECKING:
    import httpx
    from notion_client import AsyncClient

VERSION = "2025-09-03"
_PAGES = 50  # of a list, at most
_ID = re.compile(r"[0-9a-f]{32}")
Call = Callable[["AsyncClient"], Awaitable[Any]]


def id_of(place: str) -> str:
    """Return the id that a person gave as it is or in the address of a page.

    Raises:
        ToolError: there is none in it.
    """
    path = place.split("?")[0].split("#")[0]
    found = _ID.findall(path.replace("-", "").lower())
    if not found:
        raise ToolError(f"{place!r} is neither an id nor an address of Notion: copy the link of the page or database")
    return str(found[-1])


class NotionApi:
    """Makes requests for the integration.

    Args:
        settings: with the token.
        around: clock and whether Rookery works offline.
        line: to Notion.
    """

    def __init__(self, settings: NotionSettings, around: Surroundings, line: Line) -> None:
        self._settings = settings
        self._around = around
        self.line = line
        self._connections: PerLoop[httpx.AsyncClient] = PerLoop(self._open)

    async def look(self) -> str:
        """Return as whom and where the integration works. Raises ToolError where it does not."""
        me = await self.line.once(lambda: self.call(lambda client: client.users.me()))
        workspace = (me.get("bot") or {}).get("workspace_name")
        return f"{me.get('name')}{f' in {workspace}' if workspace else ''}"

    async def ask(self, call: Call) -> Any:
        """Make a request that changes nothing. Raises ToolError."""
        return await self.line.ask(lambda: self.call(call))

    async def pages(self, list_: Callable[["AsyncClient", dict[str, Any]], Awaitable[Any]], *, most: int) -> list[Any]:
        """Return at most so many items of a list that comes in pages. Raises ToolError."""
        items: list[Any] = []
        more: dict[str, Any] = {"page_size": min(most, 100)}
        for _ in range(_PAGES):
            page = await self.ask(lambda client, at=more: list_(client, at))  # type: ignore[misc]
            items += page.get("results") or []
            if not page.get("has_more") or len(items) >= most:
                break
            more = {**more, "start_cursor": page["next_cursor"]}
        return items[:most]

    async def call(self, call: Call) -> Any:
        """Make a request once.

        Raises:
            TryAgain: it may succeed later.
            ToolError: it does not.
        """
        refuse_offline("Notion", offline=self._around.offline)
        client = self._client()
        with translated(self._around.clock.now()):
            async with asyncio.timeout(self._settings.timeout_seconds):
                return await call(client)

    async def close(self) -> None:
        """Close the connections."""
        connection = self._connections.take()
        if connection is not None:
            await connection.aclose()

    def _client(self) -> "AsyncClient":
        if self._settings.token is None:
            raise Unset("Notion is not set up: set NOTION_TOKEN, or `token` under [integrations.notion]")
        try:
            from notion_client import AsyncClient
        except ImportError as error:
            raise Unset("Notion needs notion-client: pip install 'rookery[notion]'") from error
        return AsyncClient(
            client=self._connections(),
            auth=self._settings.token.get_secret_value(),
            base_url=self._settings.base_url,
            timeout_ms=int(self._settings.timeout_seconds * 1000),
            notion_version=VERSION,
            retry=False,  # the line does that, for everybody at once
            logger=logging.getLogger(__name__),
            log_level=logging.ERROR,
        )

    def _open(self) -> "httpx.AsyncClient":
        import httpx

        return httpx.AsyncClient()
