"""Notion: search, read, publish (https://developers.notion.com, by notion-client)."""

from collections.abc import Sequence

from rookery.adapters.integrations.notion.api import NotionApi, id_of
from rookery.adapters.integrations.notion.arguments import NotionPublish, NotionRead, NotionSearch
from rookery.adapters.integrations.notion.blocks import parts_of
from rookery.adapters.integrations.notion.messages import NotionMessage, parent_of
from rookery.adapters.integrations.notion.reading import Pages, title_of
from rookery.adapters.integrations.notion.settings import NotionSettings
from rookery.adapters.support.services.per_loop import Once
from rookery.adapters.support.services.status import as_notifier, status_of
from rookery.adapters.support.services.surroundings import Surroundings
from rookery.adapters.support.services.tools import ServiceTool, headline, listed, read, written
from rookery.domain.errors import NotifierError
from rookery.domain.integrations import Delivery, IntegrationStatus, Notification
from rookery.domain.ports.integration import IntegrationPort
from rookery.domain.ports.tool import Outcome, Scope, Tool
from rookery.domain.provenance import Origin, OriginKind

_PACE = 0.34  # seconds; Notion takes three requests a second on average
_LONGEST_TITLE = 300


class NotionIntegration(IntegrationPort):
    """Publishes reports as pages, and finds and reads pages."""

    name = "notion"
    kind = "pages"

    def __init__(self, settings: NotionSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._around = surroundings
        line = surroundings.line("Notion", settings, pace=_PACE)
        self._api = NotionApi(settings, surroundings, line)
        self._pages = Pages(self._api)
        self._parent = Once(lambda id_: parent_of(self._api, id_))
        self._deliveries = surroundings.deliveries(self.name, line)
        self._tools: list[Tool] = [
            ServiceTool("notion_search", "find pages of Notion by their titles", NotionSearch, self._search),
            ServiceTool("notion_read", "read a page of Notion", NotionRead, self._read),
            ServiceTool(
                "notion_publish", "publish a text as a page of Notion", NotionPublish, self._publish, effect="write"
            ),
        ]

    @property
    def tools(self) -> Sequence[Tool]:
        return self._tools

    async def check(self) -> IntegrationStatus:
        return await status_of(self, self._api.line.gate, self._api.look)

    async def notify(self, notification: Notification, *, idempotency_key: str) -> Delivery:
        target = notification.target or self._settings.parent
        if target is None:
            raise NotifierError("name a page or database as the target, or set `parent` under [integrations.notion]")
        title = headline(notification.title, notification.text, _LONGEST_TITLE)
        with as_notifier():
            return await self._send(target, title, notification.text, idempotency_key)

    async def close(self) -> None:
        await self._api.close()

    async def _send(self, target: str, title: str, text: str, key: str) -> Delivery:
        parent = await self._parent(id_of(target))
        done = await self._deliveries(key, NotionMessage(self._api, parent, title, parts_of(text)))
        url = done.posted[0].url
        return Delivery(service=self.name, target=target, url=url, parts=len(done.posted), repeated=done.repeated)

    async def _search(self, query: NotionSearch, _: Scope) -> Outcome:
        only = {"property": "object", "value": "page"}
        found = await self._api.pages(
            lambda client, at: client.search(query=query.query, filter=only, **at), most=query.limit
        )
        titles = [(title_of(page) or "untitled", str(page.get("url", "")), page) for page in found]
        lines = [f"- {title}: {url} (edited {str(page.get('last_edited_time'))[:10]})" for title, url, page in titles]
        places = [Origin(kind=OriginKind.INTEGRATION, place=url, title=title) for title, url, _ in titles]
        return listed(lines, places, more="Read one with notion_read.")

    async def _read(self, what: NotionRead, scope: Scope) -> Outcome:
        page = await self._pages.read(what.page)
        return read(await self._around.capture([page], what.query, limit=scope.passages), [page])

    async def _publish(self, report: NotionPublish, scope: Scope) -> Outcome:
        title = headline(report.title, report.text, _LONGEST_TITLE)
        done = await self._send(report.parent, title, report.text, scope.key)
        return written(f"published {title}", done.url, repeated=done.repeated, place=report.parent)
