"""Projects that speak Jira's REST API: version 3 of the cloud, version 2 of Data Center."""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rookery.testing.services.requests import Reply, Request
from rookery.testing.services.wire import LocalService

_LONGEST = 32_767
_LONGEST_SUMMARY = 255
_WAYS = {
    "To Do": [("11", "Start", "In Progress")],
    "In Progress": [("21", "Finish", "Done"), ("31", "Stop", "To Do")],
    "Done": [],
}
_BLOCKS = frozenset(
    ("paragraph", "heading", "codeBlock", "blockquote", "bulletList", "orderedList", "table", "rule", "listItem")
) | {"tableRow", "tableHeader", "tableCell", "text", "hardBreak", "doc"}


@dataclass
class Issue:
    """An issue, its comments, and the properties of both."""

    key: str
    fields: dict[str, Any]
    properties: dict[str, Any] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def shown(self) -> dict[str, Any]:
        """The issue as it is answered."""
        return {"id": self.key.rpartition("-")[2], "key": self.key, "fields": self.fields}


class JiraService(LocalService):
    """Projects with issues.

    Args:
        token: that it takes, with `email` in the cloud.
        cloud: whether it is the cloud; its texts are documents then, and else strings.
        now: the service's clock.
    """

    def __init__(self, token: str = "jira-local-token", *, cloud: bool = True, **more: Callable[[], datetime]) -> None:
        super().__init__(token, **more)
        self.email = "rookery@example.org"
        self.cloud = cloud
        self.projects: list[str] = []
        self.issues: dict[str, Issue] = {}
        self.page_size = 100
        self._count = 0
        self._comment_properties: dict[str, dict[str, Any]] = {}
        issue = r"/issue/([A-Z][A-Z0-9_]*-\d+)"
        search = ("POST", "/search/jql", self._search_by_token) if cloud else ("POST", "/search", self._search_by_start)
        self._routes: list[tuple[str, str, Callable[..., Reply]]] = [
            ("GET", "/myself", self._myself),
            search,
            ("POST", "/issue", self._create),
            ("GET", issue, self._read),
            ("GET", f"{issue}/comment", self._comments),
            ("POST", f"{issue}/comment", self._comment),
            ("GET", f"{issue}/transitions", self._transitions),
            ("POST", f"{issue}/transitions", self._move),
            ("GET", rf"{issue}/properties/([\w.]+)", self._issue_property),
            ("GET", r"/comment/(\d+)/properties/([\w.]+)", self._comment_property),
        ]

    def project(self, key: str) -> str:
        """Add a project."""
        self.projects.append(key)
        return key

    def issue(self, project: str, summary: str, description: object) -> Issue:
        """Add an issue."""
        self._count += 1
        fields = {
            "summary": summary,
            "description": description,
            "status": {"name": "To Do"},
            "issuetype": {"name": "Task"},
            "reporter": {"displayName": "Rookery"},
            "created": self._at(),
        }
        issue = Issue(f"{project}-{self._count}", fields)
        self.issues[issue.key] = issue
        return issue

    def remark(self, issue: Issue, body: object) -> dict[str, Any]:
        """Add a comment."""
        self._count += 1
        comment = {"id": str(10_000 + self._count), "body": body, "created": self._at()}
        issue.comments.append({**comment, "author": {"displayName": "Rookery"}})
        return issue.comments[-1]

    def too_many(self, headers: dict[str, str]) -> Reply:
        return Reply(429, {"errorMessages": ["Rate limit exceeded"]}, {**headers, "X-RateLimit-Remaining": "0"})

    def handle(self, request: Request) -> Reply:
        if request.headers.get("authorization") != self._authorization():
            return Reply(401, {"errorMessages": ["Client must be authenticated to access this resource."]})
        version = f"/rest/api/{3 if self.cloud else 2}"
        for method, pattern, work in self._routes:
            match = re.fullmatch(version + pattern, request.path)
            if match and method == request.method:
                return work(request, *match.groups())
        return _missing("no such door")

    def _authorization(self) -> str:
        basic = base64.b64encode(f"{self.email}:{self.token}".encode()).decode()
        return f"Basic {basic}" if self.cloud else f"Bearer {self.token}"

    def _myself(self, _: Request) -> Reply:
        return Reply(200, {"displayName": "Rookery", "emailAddress": self.email})

    def _search_by_token(self, request: Request) -> Reply:
        given = request.json
        found, fault = self._found(str(given.get("jql", "")))
        if fault:
            return _invalid(fault)
        start = int(given.get("nextPageToken") or 0)
        size = min(int(given.get("maxResults") or 50), self.page_size)
        more = {"nextPageToken": str(start + size)} if start + size < len(found) else {"isLast": True}
        return Reply(200, {"issues": [one.shown for one in found[start : start + size]], **more})

    def _search_by_start(self, request: Request) -> Reply:
        given = request.json
        found, fault = self._found(str(given.get("jql", "")))
        if fault:
            return _invalid(fault)
        start = int(given.get("startAt") or 0)
        size = min(int(given.get("maxResults") or 50), self.page_size)
        page = {"startAt": start, "maxResults": size, "total": len(found)}
        return Reply(200, {**page, "issues": [one.shown for one in found[start : start + size]]})

    def _found(self, jql: str) -> tuple[list[Issue], str]:
        """A little of JQL: project, text, reporter = currentUser(), created, joined by AND."""
        found = list(self.issues.values())[::-1]
        clauses = re.split(r"\s+and\s+", re.sub(r"\s*order by .*", "", jql, flags=re.IGNORECASE), flags=re.IGNORECASE)
        if clauses == [""]:
            return [], "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
        for clause in clauses:
            if match := re.fullmatch(r'project\s*=\s*"?(\w+)"?', clause):
                found = [one for one in found if one.key.startswith(f"{match[1]}-")]
            elif match := re.fullmatch(r'text\s*~\s*"(.*)"', clause):
                words = match[1].lower().split()
                found = [one for one in found if all(word in json.dumps(one.fields).lower() for word in words)]
            elif match := re.fullmatch(r"created\s*>=\s*-(\d+)m", clause):
                since = self.now() - timedelta(minutes=int(match[1]))
                found = [one for one in found if _moment(one.fields["created"]) >= since]
            elif not re.fullmatch(r"reporter\s*=\s*currentUser\(\)", clause):
                return [], f"Error in the JQL Query: {clause!r} is not understood."
        return found, ""

    def _create(self, request: Request) -> Reply:
        given = request.json
        fields = given.get("fields") or {}
        faults = dict(self._faults_of(fields))
        if faults:
            return Reply(400, {"errorMessages": [], "errors": faults})
        issue = self.issue(fields["project"]["key"], fields["summary"], fields.get("description"))
        issue.fields["issuetype"] = fields["issuetype"]
        issue.properties |= {one["key"]: one["value"] for one in given.get("properties") or []}
        return Reply(
            201, {"id": issue.shown["id"], "key": issue.key, "self": f"{self.url}/rest/api/3/issue/{issue.key}"}
        )

    def _faults_of(self, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if (fields.get("project") or {}).get("key") not in self.projects:
            yield "project", "valid project is required"
        if not (fields.get("issuetype") or {}).get("name"):
            yield "issuetype", "issue type is required"
        summary = str(fields.get("summary") or "")
        if not summary or "\n" in summary:
            yield "summary", "The summary is invalid because it contains newline characters." if summary else "required"
        if len(summary) > _LONGEST_SUMMARY:
            yield "summary", "Summary must be less than 255 characters."
        fault = self._text_fault(fields.get("description"))
        if fault:
            yield "description", fault

    def _text_fault(self, text: object) -> str | None:
        if self.cloud:
            if not isinstance(text, dict) or text.get("type") != "doc" or text.get("version") != 1:
                return "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
            if not all(_sound(node) for node in _nodes(text)):
                return "INVALID_INPUT"
            text = "".join(str(node.get("text", "")) for node in _nodes(text))
        if not isinstance(text, str):
            return "Operation value must be a string"
        return "CONTENT_LIMIT_EXCEEDED" if len(text) > _LONGEST else None

    def _read(self, _: Request, key: str) -> Reply:
        return Reply(200, self.issues[key].shown) if key in self.issues else _missing()

    def _comments(self, request: Request, key: str) -> Reply:
        if key not in self.issues:
            return _missing()
        comments = self.issues[key].comments
        start = int(request.query.get("startAt", 0))
        size = min(int(request.query.get("maxResults", 50)), self.page_size)
        page = {"startAt": start, "maxResults": size, "total": len(comments)}
        return Reply(200, {**page, "comments": comments[start : start + size]})

    def _comment(self, request: Request, key: str) -> Reply:
        if key not in self.issues:
            return _missing()
        given = request.json
        fault = self._text_fault(given.get("body"))
        if fault:
            return Reply(400, {"errorMessages": [], "errors": {"comment": fault}})
        comment = self.remark(self.issues[key], given["body"])
        kept = {one["key"]: one["value"] for one in given.get("properties") or []}
        self._comment_properties[comment["id"]] = kept
        return Reply(201, comment)

    def _transitions(self, _: Request, key: str) -> Reply:
        if key not in self.issues:
            return _missing()
        ways = _WAYS[self.issues[key].fields["status"]["name"]]
        return Reply(200, {"transitions": [{"id": id_, "name": name, "to": {"name": to}} for id_, name, to in ways]})

    def _move(self, request: Request, key: str) -> Reply:
        if key not in self.issues:
            return _missing()
        issue = self.issues[key]
        wanted = str((request.json.get("transition") or {}).get("id"))
        to = next((to for id_, _, to in _WAYS[issue.fields["status"]["name"]] if id_ == wanted), None)
        if to is None:
            return _invalid("It seems that you have tried to perform an illegal workflow operation.")
        issue.fields["status"] = {"name": to}
        return Reply(204)

    def _issue_property(self, _: Request, key: str, name: str) -> Reply:
        properties = self.issues[key].properties if key in self.issues else {}
        return Reply(200, {"key": name, "value": properties[name]}) if name in properties else _missing()

    def _comment_property(self, _: Request, comment: str, name: str) -> Reply:
        properties = self._comment_properties.get(comment, {})
        return Reply(200, {"key": name, "value": properties[name]}) if name in properties else _missing()

    def _at(self) -> str:
        return f"{self.now():%Y-%m-%dT%H:%M:%S}.000+0000"


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("content") or []:
        yield from _nodes(child)


def _sound(node: Mapping[str, Any]) -> bool:
    if node.get("type") not in _BLOCKS or (node["type"] == "text" and not node.get("text")):
        return False
    first = ((node.get("content") or [{}])[0]).get("type")
    inside = {"listItem": ("paragraph", "codeBlock"), "bulletList": ("listItem",), "table": ("tableRow",)}
    return first in inside.get(node["type"], (first,))


def _moment(value: str) -> datetime:
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%f%z")


def _missing(words: str = "Issue does not exist or you do not have permission to see it.") -> Reply:
    return Reply(404, {"errorMessages": [words], "errors": {}})


def _invalid(words: str) -> Reply:
    return Reply(400, {"errorMessages": [words], "errors": {}})
