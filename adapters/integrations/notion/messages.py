"""A report as a new page, and what one request does not take as further blocks of it.

The mark is a grey line at the top of the page: Notion has no field that people do not see. It is looked for among the
pages under the parent, which Notion lists as soon as they are made; its search would not. Blocks are added in order and
each request wholly or not at all, so the number of blocks on the page tells which parts have arrived. Who edits the
page between a crash and the resumption may mislead that.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rookery.adapters.integrations.notion.api import NotionApi
from rookery.adapters.integrations.notion.blocks import Node, rich_text
from rookery.adapters.integrations.notion.reading import Pages, title_of
from rookery.adapters.support.markdown import Span
from rookery.adapters.support.services.ledger import Posted
from rookery.adapters.support.services.status import Missing
from rookery.domain.errors import ToolError

_LOOKED_THROUGH = 5000  # blocks of a parent


@dataclass(frozen=True)
class Parent:
    """Under what a page is made: a page, or a data source, whose title has a name of its own."""

    page: str | None
    data_source: str | None = None
    title_property: str = "title"

    @property
    def reference(self) -> dict[str, str]:
        """The parent as Notion takes it."""
        if self.data_source is not None:
            return {"type": "data_source_id", "data_source_id": self.data_source}
        return {"type": "page_id", "page_id": str(self.page)}


async def parent_of(api: NotionApi, id_: str) -> Parent:
    """Return what an id stands for: a page, a database (its first data source) or a data source. Raises ToolError."""
    try:
        await api.ask(lambda client: client.pages.retrieve(id_))
    except ToolError as error:  # Notion tells of a database's id that it is none of a page, in several ways
        source = await _data_source(api, id_, error)
        described = await api.ask(lambda client: client.data_sources.retrieve(source))
        properties: Mapping[str, Mapping[str, Any]] = described.get("properties") or {}
        title = next((name for name, one in properties.items() if one.get("type") == "title"), "title")
        return Parent(None, source, title)
    return Parent(id_)


async def _data_source(api: NotionApi, id_: str, no_page: ToolError) -> str:
    if no_page.retryable:
        raise no_page
    try:
        database = await api.ask(lambda client: client.databases.retrieve(id_))
    except Missing:
        return id_
    sources = database.get("data_sources") or []
    if not sources:
        raise ToolError("the database has no data source that the integration can see; share it") from no_page
    return str(sources[0]["id"])


@dataclass(frozen=True)
class NotionMessage:
    """A report in parts.

    Attributes:
        api: to Notion.
        parent: under which its page goes.
        title: of the page.
        nodes: the blocks of each part.
    """

    api: NotionApi
    parent: Parent
    title: str
    nodes: Sequence[Sequence[Node]]

    @property
    def content(self) -> str:
        return json.dumps([self.parent.reference, self.title, self.nodes])

    @property
    def parts(self) -> int:
        return len(self.nodes)

    async def post(self, number: int, mark: str, posted: Mapping[int, Posted]) -> Posted:
        children = list(self.nodes[number - 1])
        if number > 1:
            page = posted[1]
            await self.api.call(lambda client: client.blocks.children.append(page.reference, children=children))
            return page
        properties = {self.parent.title_property: {"title": rich_text([Span(self.title)])}}
        made = await self.api.call(
            lambda client: client.pages.create(
                parent=self.parent.reference, properties=properties, children=[_line(mark), *children]
            )
        )
        return Posted(str(made["id"]), made.get("url"))

    async def find(self, mark: str, since: datetime, posted: Mapping[int, Posted]) -> Mapping[int, Posted]:
        try:
            page = posted.get(1) or await self._page(mark, since)
            if page is None:
                return {}
            there = len(await Pages(self.api).children(page.reference, most=_LOOKED_THROUGH)) - 1
        except ToolError as error:
            raise ToolError(
                f"whether Notion has got the page is not known, and it cannot be looked up ({error}); look there, and "
                "publish it anew if it is not there"
            ) from error
        needed = [sum(map(len, self.nodes[: number + 1])) for number in range(self.parts)]
        return {number: page for number, blocks in enumerate(needed, 1) if there >= blocks}

    async def _page(self, mark: str, since: datetime) -> Posted | None:
        for candidate in await self._candidates(since):
            first = await Pages(self.api).children(candidate.reference, most=1)
            if first and mark in json.dumps(first[0]):
                return candidate
        return None

    async def _candidates(self, since: datetime) -> list[Posted]:
        source = self.parent.data_source
        if source is not None:
            recent = {"timestamp": "created_time", "created_time": {"on_or_after": since.isoformat()}}
            rows = await self.api.pages(
                lambda client, at: client.data_sources.query(source, filter=recent, **at), most=_LOOKED_THROUGH
            )
            return [Posted(str(row["id"]), row.get("url")) for row in rows if title_of(row) == self.title]
        blocks = await Pages(self.api).children(str(self.parent.page), most=_LOOKED_THROUGH)
        named = [
            str(block["id"])
            for block in blocks
            if block.get("type") == "child_page"
            and block["child_page"].get("title") == self.title
            and _moment(block.get("created_time")) >= since
        ]
        pages = [await self.api.ask(lambda client, id_=one: client.pages.retrieve(id_)) for one in named]  # type: ignore[misc]
        return [Posted(str(page["id"]), page.get("url")) for page in pages]


def _line(mark: str) -> Node:
    piece = {"type": "text", "text": {"content": f"Published by Rookery, {mark}"}, "annotations": {"color": "gray"}}
    return {"object": "block", "type": "paragraph", "paragraph": {"rich_text": [piece]}}


def _moment(value: object) -> datetime:
    return datetime.fromisoformat(str(value))
