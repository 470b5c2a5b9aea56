"""Finding and reading issues, pull requests, code and repositories."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rookery.adapters.integrations.github.arguments import GitHubRead, GitHubSearch
from rookery.adapters.support.services.rest import Query, Rest
from rookery.adapters.support.services.tools import document
from rookery.domain.sources import Document

_MARK = re.compile(r"\n*<!-- rookery:[0-9a-f]+:\d+ -->\s*$")
_PLACES = {"issues": "issues", "pulls": "issues", "code": "code", "repositories": "repositories"}
_NARROWED = {"issues": "is:issue", "pulls": "is:pull-request"}


class Repositories:
    """What is in GitHub, as documents."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def search(self, query: GitHubSearch) -> list[Document]:
        """Return what GitHub finds, best first, one document each. Raises ToolError."""
        words = [query.query, *([f"repo:{query.repository}"] if query.repository else [])]
        narrow = _NARROWED.get(query.kind)
        if narrow and not re.search(r"\b(is|type):(issue|pr|pull-request)\b", query.query):
            words.append(narrow)
        asked: Query = {"q": " ".join(words), "per_page": query.limit}
        found = await self._rest.get(f"/search/{_PLACES[query.kind]}", asked)
        describe = {"code": _code, "repositories": _repository}.get(query.kind, _issue)
        return [describe(one) for one in (found or {}).get("items", [])[: query.limit]]

    async def read(self, what: GitHubRead) -> Document:
        """Return an issue or a pull request with all comments, in the order of time. Raises ToolError."""
        path = f"/repos/{what.repository}/issues/{what.number}"
        issue = await self._rest.get(path)
        remarks = await self._all(f"{path}/comments")
        if issue.get("pull_request"):
            remarks += await self._all(f"/repos/{what.repository}/pulls/{what.number}/comments")
        remarks.sort(key=lambda one: str(one.get("created_at", "")))
        head = _issue(issue)
        text = "\n\n".join([head.text, *map(_remark, remarks)])
        return document(head.url, head.title, text)

    async def _all(self, path: str) -> list[dict[str, Any]]:
        return [one async for page in self._rest.pages(path, {"per_page": 100}) for one in page]


def _issue(issue: Mapping[str, Any]) -> Document:
    kind = "pull request" if issue.get("pull_request") else "issue"
    labels = ", ".join(str(label.get("name", "")) for label in issue.get("labels") or [])
    about = [f"{kind} #{issue.get('number')}", str(issue.get("state", "")), f"by {_login(issue)}"]
    about += [f"on {str(issue.get('created_at', ''))[:10]}", *([f"labels: {labels}"] if labels else [])]
    text = f"# {issue.get('title', '')}\n\n{', '.join(about)}\n\n{_clean(issue.get('body'))}"
    return document(str(issue.get("html_url", "")), str(issue.get("title", "")), text.rstrip())


def _remark(remark: Mapping[str, Any]) -> str:
    at = f" on `{remark['path']}`" if remark.get("path") else ""
    return f"## {_login(remark)}{at}, {str(remark.get('created_at', ''))[:10]}\n\n{_clean(remark.get('body'))}"


def _code(found: Mapping[str, Any]) -> Document:
    repository = (found.get("repository") or {}).get("full_name", "")
    fragments: Sequence[Mapping[str, Any]] = found.get("text_matches") or []
    texts = [str(one.get("fragment", "")) for one in fragments] or [str(found.get("path", ""))]
    title = f"{repository}: {found.get('path', '')}"
    return document(str(found.get("html_url", "")), title, "\n\n".join(f"```\n{text}\n```" for text in texts))


def _repository(found: Mapping[str, Any]) -> Document:
    name = str(found.get("full_name", ""))
    topics = ", ".join(found.get("topics") or [])
    facts = [f"{found.get('stargazers_count', 0)} stars", str(found.get("language") or ""), topics]
    text = f"# {name}\n\n{found.get('description') or ''}\n\n{'; '.join(filter(None, facts))}"
    return document(str(found.get("html_url", "")), name, text)


def _login(thing: Mapping[str, Any]) -> str:
    return str((thing.get("user") or {}).get("login", "somebody"))


def _clean(body: object) -> str:
    return _MARK.sub("", str(body or "")).replace("\r\n", "\n")
