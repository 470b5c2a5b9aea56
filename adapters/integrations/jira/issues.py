"""Issues of Jira: the doors of Cloud (version 3) and Data Center (version 2)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from rookery.adapters.integrations.jira.adf import adf_of
from rookery.adapters.integrations.jira.adf_reading import markdown_of
from rookery.adapters.integrations.jira.settings import JiraSettings
from rookery.adapters.integrations.jira.wiki import wiki_of
from rookery.adapters.support.services.rest import Rest
from rookery.adapters.support.services.tools import document
from rookery.domain.sources import Document

_FIELDS = ["summary", "description", "status", "issuetype", "assignee", "reporter", "created", "priority"]
_JQL = re.compile(r"[=~<>]|\b(in|is|was|order by)\b", re.IGNORECASE)
_COMMENTS = 500  # at most


class Issues:
    """Reads issues, and knows how texts and addresses look there."""

    def __init__(self, rest: Rest, settings: JiraSettings) -> None:
        self.rest = rest
        self._settings = settings

    def text(self, markdown: str) -> object:
        """Return a text as this Jira takes it."""
        return adf_of(markdown) if self._settings.is_cloud else wiki_of(markdown)

    def address(self, key: str, comment: str | None = None) -> str:
        """Return the page of an issue or a comment."""
        at = f"?focusedCommentId={comment}" if comment else ""
        return f"{self._settings.base_url}/browse/{key}{at}"

    async def search(self, query: str, limit: int) -> list[Document]:
        """Return issues, one document each, as Jira orders them. Raises ToolError."""
        jql = query if _JQL.search(query) else f"text ~ {_quoted(query)} ORDER BY updated DESC"
        return [self._document(one, []) for one in await self.found(jql, limit, _FIELDS)]

    async def found(self, jql: str, limit: int, fields: Sequence[str]) -> list[dict[str, Any]]:
        """Return the issues that a query in JQL finds. Raises ToolError."""
        issues: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        while len(issues) < limit:
            asked = {"jql": jql, "fields": list(fields), "maxResults": min(100, limit - len(issues)), **more}
            page = await self.rest.post("/search/jql" if self._settings.is_cloud else "/search", asked) or {}
            issues += page.get("issues") or []
            if self._settings.is_cloud:
                more = {"nextPageToken": page.get("nextPageToken")}
                ended = not page.get("nextPageToken")
            else:
                more = {"startAt": len(issues)}
                ended = len(issues) >= int(page.get("total") or 0)
            if ended or not page.get("issues"):
                break
        return issues[:limit]

    async def read(self, key: str) -> Document:
        """Return an issue with its comments, oldest first. Raises ToolError."""
        issue = await self.rest.get(f"/issue/{key}", {"fields": ",".join(_FIELDS)})
        return self._document(issue, await self.comments(key))

    async def comments(self, key: str, *, since: datetime | None = None) -> list[dict[str, Any]]:
        """Return comments, oldest first; with `since`, those that were written after it. Raises ToolError."""
        comments: list[dict[str, Any]] = []
        while len(comments) < _COMMENTS:
            page = await self.rest.get(f"/issue/{key}/comment", {"startAt": len(comments), "maxResults": 100}) or {}
            comments += page.get("comments") or []
            if not page.get("comments") or len(comments) >= int(page.get("total") or 0):
                break
        return [one for one in comments if since is None or _moment(one.get("created")) >= since]

    async def status(self, key: str) -> str:
        """Return the name of an issue's status. Raises ToolError."""
        issue = await self.rest.get(f"/issue/{key}", {"fields": "status"})
        return _name(issue["fields"].get("status"))

    def _document(self, issue: Mapping[str, Any], comments: Sequence[Mapping[str, Any]]) -> Document:
        key, fields = str(issue.get("key")), issue.get("fields") or {}
        facts = {name: _name(fields.get(name)) for name in ("issuetype", "status", "priority", "assignee", "reporter")}
        about = ", ".join(f"{name}: {value}" for name, value in facts.items() if value)
        created = str(fields.get("created", ""))[:10]
        head = f"# {key}: {fields.get('summary', '')}\n\n{about}, created: {created}"
        parts = [head, markdown_of(fields.get("description")), *map(_remark, comments)]
        return document(self.address(key), f"{key}: {fields.get('summary', '')}", "\n\n".join(filter(None, parts)))


def path_of(text: str) -> str:
    """Return a text as one step of a path."""
    return quote(text, safe="")


def _quoted(words: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", words) + '"'


def _name(field: object) -> str:
    if not isinstance(field, Mapping):
        return ""
    return str(field.get("displayName") or field.get("name") or "")


def _remark(comment: Mapping[str, Any]) -> str:
    author, created = _name(comment.get("author")) or "somebody", str(comment.get("created", ""))[:10]
    return f"## {author}, {created}\n\n{markdown_of(comment.get('body'))}"


def _moment(value: object) -> datetime:
    return datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%S.%f%z")
