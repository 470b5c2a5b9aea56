"""A workspace that speaks Notion's API of version 2025-09-03 (https://developers.notion.com/reference)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from rookery.testing.services.requests import Reply, Request
from rookery.testing.services.wire import LocalService

_LONGEST_TEXT = 2000
_ARRAY = 100
_BLOCKS = 1000
_BYTES = 500_000
_DEEPEST = 2


@dataclass
class Thing:
    """A page, a block, a database or a data source; `children` are blocks."""

    id: str
    body: dict[str, Any]
    children: list["Thing"] = field(default_factory=list)


class Invalid(Exception):
    """A body that the real service would not take."""


class NotionService(LocalService):
    """Pages and databases that are shared with the integration."""

    VERSION = "2025-09-03"

    def __init__(self, token: str = "ntn_local", **more: Callable[[], datetime]) -> None:
        super().__init__(token, **more)
        self.pages: dict[str, Thing] = {}
        self.databases: dict[str, Thing] = {}
        self.data_sources: dict[str, Thing] = {}
        self.blocks: dict[str, Thing] = {}
        self.page_size = 100
        self._count = 0
        id_ = r"([0-9a-f-]{32,36})"
        self._routes: list[tuple[str, str, Callable[..., Reply]]] = [
            ("GET", "/v1/users/me", self._me),
            ("POST", "/v1/search", self._search),
            ("GET", f"/v1/pages/{id_}", self._page),
            ("POST", "/v1/pages", self._create),
            ("GET", f"/v1/databases/{id_}", self._database),
            ("GET", f"/v1/data_sources/{id_}", self._data_source),
            ("POST", f"/v1/data_sources/{id_}/query", self._query),
            ("GET", f"/v1/blocks/{id_}/children", self._children),
            ("PATCH", f"/v1/blocks/{id_}/children", self._append),
        ]

    def page(self, title: str, *, blocks: Sequence[dict[str, Any]] = (), parent: Thing | None = None) -> Thing:
        """Add a page that is shared with the integration."""
        above = {"type": "page_id", "page_id": parent.id} if parent else {"type": "workspace", "workspace": True}
        return self._made(title, above, blocks, parent, "title")

    def database(self, title: str, *, title_property: str = "Name") -> Thing:
        """Add a database with one data source."""
        source = Thing(self._id(), {"object": "data_source", "title": _texts(title)})
        source.body["properties"] = {title_property: {"id": "title", "type": "title", "title": {}}}
        database = Thing(self._id(), {"object": "database", "data_sources": [{"id": source.id, "name": title}]})
        self.data_sources[source.id], self.databases[database.id] = source, database
        return database

    def source_of(self, database: Thing) -> Thing:
        """Return the data source of a database; its children are pages."""
        return self.data_sources[database.body["data_sources"][0]["id"]]

    def too_many(self, headers: dict[str, str]) -> Reply:
        return Reply(429, _error(429, "rate_limited", "You have been rate limited. Please try again."), headers)

    def handle(self, request: Request) -> Reply:
        if request.token != self.token:
            return _refusal(401, "unauthorized", "API token is invalid.")
        if request.headers.get("notion-version") != self.VERSION:
            return _refusal(400, "missing_version", "Notion-Version header should be 2025-09-03.")
        if len(request.body) > _BYTES:
            return _refusal(413, "invalid_request", "Request body too large.")
        for method, pattern, work in self._routes:
            match = re.fullmatch(pattern, request.path)
            if match and method == request.method:
                try:
                    return work(request, *(str(UUID(group)) for group in match.groups()))
                except Invalid as fault:
                    return _refusal(400, "validation_error", str(fault))
        return _refusal(400, "invalid_request_url", "Invalid request URL.")

    def _me(self, _: Request) -> Reply:
        return Reply(200, {"object": "user", "type": "bot", "name": "Rookery", "bot": {"workspace_name": "Test"}})

    def _search(self, request: Request) -> Reply:
        given = request.json
        words = str(given.get("query", "")).lower().split()
        found = [one for one in self.pages.values() if all(word in _title(one).lower() for word in words)]
        return self._page_of([one.body for one in found], given)

    def _page(self, _: Request, id_: str) -> Reply:
        if id_ in self.databases:
            return _refusal(400, "validation_error", f"Provided ID {id_} is a database, not a page.")
        return Reply(200, self.pages[id_].body) if id_ in self.pages else _missing(id_)

    def _database(self, _: Request, id_: str) -> Reply:
        return Reply(200, self.databases[id_].body | {"id": id_}) if id_ in self.databases else _missing(id_)

    def _data_source(self, _: Request, id_: str) -> Reply:
        return Reply(200, self.data_sources[id_].body | {"id": id_}) if id_ in self.data_sources else _missing(id_)

    def _query(self, request: Request, id_: str) -> Reply:
        if id_ not in self.data_sources:
            return _missing(id_)
        since = ((request.json.get("filter") or {}).get("created_time") or {}).get("on_or_after")
        rows = [one.body for one in self.data_sources[id_].children]
        recent = [one for one in rows if since is None or _moment(one["created_time"]) >= _moment(since)]
        return self._page_of(recent, request.json)

    def _create(self, request: Request) -> Reply:
        given = request.json
        parent = given.get("parent") or {}
        above = self.pages.get(str(UUID(parent["page_id"]))) if "page_id" in parent else None
        source = self.data_sources.get(str(UUID(parent["data_source_id"]))) if "data_source_id" in parent else None
        if above is None and source is None:
            return _missing(str(parent))
        properties: Mapping[str, Any] = given.get("properties") or {}
        titles = ["title"] if source is None else list(source.body["properties"])
        if list(properties) != titles:
            raise Invalid(f"body.properties should be {titles}, instead was {list(properties)}.")
        _check_texts(properties[titles[0]].get("title") or [])
        children = given.get("children") or []
        _check_children(children, 0)
        title = _plain(properties[titles[0]]["title"])
        return Reply(200, self._made(title, parent, children, above or source, titles[0]).body)

    def _made(
        self, title: str, parent: Mapping[str, Any], blocks: Sequence[dict[str, Any]], above: Thing | None, name: str
    ) -> Thing:
        page = Thing(self._id(), {"object": "page", "parent": parent, "created_time": self._at()})
        page.body |= {
            "id": page.id,
            "last_edited_time": self._at(),
            "url": f"https://notion.test/{page.id.replace('-', '')}",
        }
        page.body["properties"] = {name: {"id": "title", "type": "title", "title": _texts(title)}}
        page.children = [self._block(one) for one in blocks]
        self.pages[page.id] = page
        if above is not None and above.id in self.data_sources:
            above.children.append(page)
        elif above is not None:
            link = {"object": "block", "type": "child_page", "child_page": {"title": title}, "created_time": self._at()}
            above.children.append(Thing(page.id, {**link, "id": page.id, "has_children": True}))
        return page

    def _children(self, request: Request, id_: str) -> Reply:
        thing = self.pages.get(id_) or self.blocks.get(id_)
        return self._page_of([one.body for one in thing.children], request.query) if thing else _missing(id_)

    def _append(self, request: Request, id_: str) -> Reply:
        thing = self.pages.get(id_) or self.blocks.get(id_)
        if thing is None:
            return _missing(id_)
        children = request.json.get("children") or []
        _check_children(children, 0)
        added = [self._block(one) for one in children]
        thing.children += added
        return Reply(200, {"object": "list", "results": [one.body for one in added]})

    def _block(self, given: Mapping[str, Any]) -> Thing:
        kind = given["type"]
        content = {name: value for name, value in given[kind].items() if name != "children"}
        if "rich_text" in content:
            content["rich_text"] = [{**one, "plain_text": one["text"]["content"]} for one in content["rich_text"]]
        children = [self._block(one) for one in given[kind].get("children") or []]
        head = {"object": "block", "type": kind, "created_time": self._at(), "has_children": bool(children)}
        block = Thing(self._id(), {**head, kind: content}, children)
        block.body["id"] = block.id
        self.blocks[block.id] = block
        return block

    def _page_of(self, items: list[dict[str, Any]], given: Mapping[str, Any]) -> Reply:
        size = min(int(given.get("page_size") or 100), self.page_size)
        start = int(given.get("start_cursor") or 0)
        more = start + size < len(items)
        following = {"has_more": more, "next_cursor": str(start + size) if more else None}
        return Reply(200, {"object": "list", "results": items[start : start + size], **following})

    def _id(self) -> str:
        self._count += 1
        return str(UUID(int=0x1F << 100 | self._count))

    def _at(self) -> str:
        return f"{self.now():%Y-%m-%dT%H:%M}:00.000Z"


def text_of(things: Sequence[Thing]) -> str:
    """Return all that is written in blocks, those within them too."""
    return "\n".join(line for thing in things for line in _lines(thing))


def _lines(thing: Thing) -> Iterator[str]:
    content = thing.body.get(thing.body.get("type", ""), {})
    texts = [content.get("rich_text") or [], *(content.get("cells") or [])]
    yield " ".join(_plain(text) for text in texts)
    for child in thing.children:
        yield from _lines(child)


def _check_children(children: Sequence[Mapping[str, Any]], depth: int) -> int:
    if len(children) > _ARRAY:
        raise Invalid(f"body.children.length should be ≤ `100`, instead was `{len(children)}`.")
    if children and depth > _DEEPEST:
        raise Invalid("body.children are nested too deeply.")
    total = 0
    for child in children:
        content = child.get(child.get("type", "")) or {}
        if child.get("type") != "divider" and not content:
            raise Invalid(f"body.children.{child.get('type')} should be defined.")
        _check_texts(content.get("rich_text") or [])
        total += 1 + _check_children(content.get("children") or [], depth + 1)
    if depth == 0 and total > _BLOCKS:
        raise Invalid(f"body has {total} blocks; it should have ≤ 1000.")
    return total


def _check_texts(texts: Sequence[Mapping[str, Any]]) -> None:
    if len(texts) > _ARRAY:
        raise Invalid(f"rich_text.length should be ≤ `100`, instead was `{len(texts)}`.")
    for text in texts:
        length = len((text.get("text") or {}).get("content", ""))
        if length > _LONGEST_TEXT:
            raise Invalid(f"rich_text.text.content.length should be ≤ `2000`, instead was `{length}`.")


def _texts(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": {"content": text}, "plain_text": text}]


def _plain(texts: Sequence[Mapping[str, Any]]) -> str:
    return "".join(str((text.get("text") or {}).get("content", "")) for text in texts)


def _title(page: Thing) -> str:
    return next((_plain(one["title"]) for one in page.body["properties"].values()), "")


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _error(status: int, code: str, message: str) -> dict[str, Any]:
    return {"object": "error", "status": status, "code": code, "message": message}


def _refusal(status: int, code: str, message: str) -> Reply:
    return Reply(status, _error(status, code, message))


def _missing(id_: str) -> Reply:
    return _refusal(404, "object_not_found", f"Could not find object with ID: {id_}. Make sure it is shared.")
