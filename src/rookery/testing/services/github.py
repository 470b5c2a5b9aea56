"""Repositories that speak GitHub's REST API (https://docs.github.com/rest)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from rookery.testing.services.requests import Reply, Request
from rookery.testing.services.wire import LocalService

_LONGEST_BODY = 65_536
_LONGEST_TITLE = 256
_WEB = "https://github.test"


@dataclass
class Repository:
    """A repository: its issues with comments, and its files."""

    name: str
    private: bool = False
    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    review_comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


class GitHubService(LocalService):
    """Repositories with issues, pull requests and files. What a token may not see is not found, as in the real one."""

    def __init__(self, token: str = "ghp_local", **more: Callable[[], datetime]) -> None:
        super().__init__(token, **more)
        self.repositories: dict[str, Repository] = {}
        self.page_size = 100
        self._count = 0
        self._routes: list[tuple[str, str, Callable[..., Reply]]] = [
            ("GET", r"/user", self._user),
            ("GET", r"/search/(issues|code|repositories)", self._search),
            ("GET", r"/repos/([\w.-]+/[\w.-]+)/issues", self._issues),
            ("POST", r"/repos/([\w.-]+/[\w.-]+)/issues", self._open),
            ("GET", r"/repos/([\w.-]+/[\w.-]+)/issues/(\d+)", self._issue),
            ("GET", r"/repos/([\w.-]+/[\w.-]+)/issues/(\d+)/comments", self._comments),
            ("POST", r"/repos/([\w.-]+/[\w.-]+)/issues/(\d+)/comments", self._comment),
            ("GET", r"/repos/([\w.-]+/[\w.-]+)/pulls/(\d+)/comments", self._review_comments),
        ]

    def repository(self, name: str, *, private: bool = False) -> Repository:
        """Add a repository."""
        return self.repositories.setdefault(name, Repository(name, private))

    def issue(self, repository: Repository, title: str, body: str, *, pull: bool = False) -> dict[str, Any]:
        """Add an issue or a pull request."""
        number = len(repository.issues) + 1
        kind = "pull" if pull else "issues"
        issue = {
            "number": number,
            "title": title,
            "state": "open",
            "html_url": f"{_WEB}/{repository.name}/{kind}/{number}",
        }
        repository.issues.append(
            {**issue, **self._written(body), "labels": []} | ({"pull_request": {}} if pull else {})
        )
        repository.comments[number] = []
        return repository.issues[-1]

    def remark(self, repository: Repository, number: int, body: str) -> dict[str, Any]:
        """Add a comment."""
        comment = self._written(body)
        comment["html_url"] = f"{_WEB}/{repository.name}/issues/{number}#issuecomment-{comment['id']}"
        repository.comments[number].append(comment)
        return comment

    def limit(self, seconds: float) -> Reply:
        """Return what is said once the hour's requests are used up; they are there again in so many seconds."""
        reset = str(int(self.now().timestamp() + seconds))
        headers = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
        return Reply(403, {"message": "API rate limit exceeded for user ID 1."}, headers)

    def handle(self, request: Request) -> Reply:
        if request.token != self.token:
            return Reply(401, {"message": "Bad credentials"})
        for method, pattern, work in self._routes:
            match = re.fullmatch(pattern, request.path)
            if match and method == request.method:
                return work(request, *match.groups())
        return _missing()

    def _user(self, _: Request) -> Reply:
        return Reply(200, {"login": "rookery-bot"}, {"X-OAuth-Scopes": "repo"})

    def _seen(self, name: str) -> Repository | None:
        repository = self.repositories.get(name)
        return None if repository is None or repository.private else repository

    def _issues(self, request: Request, name: str) -> Reply:
        repository = self._seen(name)
        if repository is None:
            return _missing()
        since = request.query.get("since", "")
        return self._page(request, [one for one in reversed(repository.issues) if one["created_at"] >= since])

    def _issue(self, _: Request, name: str, number: str) -> Reply:
        issue = self._found(name, number)
        return Reply(200, issue) if issue else _missing()

    def _found(self, name: str, number: str) -> dict[str, Any] | None:
        repository = self._seen(name)
        issues = repository.issues if repository else []
        return issues[int(number) - 1] if 0 < int(number) <= len(issues) else None

    def _open(self, request: Request, name: str) -> Reply:
        repository, given = self._seen(name), request.json
        if repository is None:
            return _missing()
        title = given.get("title") or ""
        if not 0 < len(title) <= _LONGEST_TITLE:
            return _invalid("title", "missing_field" if not title else "is too long (maximum is 256 characters)")
        if len(given.get("body") or "") > _LONGEST_BODY:
            return _invalid("body", "is too long (maximum is 65536 characters)")
        issue = self.issue(repository, title, given.get("body") or "")
        issue["labels"] = [{"name": label} for label in given.get("labels") or []]
        return Reply(201, issue)

    def _comments(self, request: Request, name: str, number: str) -> Reply:
        repository = self._seen(name)
        if repository is None or not self._found(name, number):
            return _missing()
        since = request.query.get("since", "")
        return self._page(request, [one for one in repository.comments[int(number)] if one["created_at"] >= since])

    def _comment(self, request: Request, name: str, number: str) -> Reply:
        repository, body = self._seen(name), request.json.get("body") or ""
        if repository is None or not self._found(name, number):
            return _missing()
        if not 0 < len(body) <= _LONGEST_BODY:
            return _invalid("body", "is too long (maximum is 65536 characters)" if body else "missing_field")
        return Reply(201, self.remark(repository, int(number), body))

    def _review_comments(self, request: Request, name: str, number: str) -> Reply:
        repository = self._seen(name)
        return self._page(request, repository.review_comments.get(int(number), [])) if repository else _missing()

    def _search(self, request: Request, kind: str) -> Reply:
        words = request.query.get("q", "").split()
        if kind == "issues" and not {"is:issue", "is:pull-request"} & set(words):
            return _invalid("q", "Query must include 'is:issue' or 'is:pull-request'")
        plain = [word.lower() for word in words if ":" not in word]
        inside = next((word[5:] for word in words if word.startswith("repo:")), None)
        shown = [one for one in self.repositories.values() if not one.private and inside in (None, one.name)]
        found = {"issues": _issues_of, "code": _code_of, "repositories": _described}[kind](shown, plain, words)
        items = found[: int(request.query.get("per_page", 30))]
        return Reply(200, {"total_count": len(found), "incomplete_results": False, "items": items})

    def _page(self, request: Request, items: list[Any]) -> Reply:
        size = min(int(request.query.get("per_page", 30)), self.page_size)
        page = int(request.query.get("page", 1))
        more = page * size < len(items)
        query = urlencode({**request.query, "per_page": size, "page": page + 1})
        link = f'<{self.url}{request.path}?{query}>; rel="next"'
        return Reply(200, items[(page - 1) * size : page * size], {"Link": link} if more else {})

    def _written(self, body: str) -> dict[str, Any]:
        self._count += 1
        at = f"{self.now():%Y-%m-%dT%H:%M:%SZ}"
        return {"id": 1000 + self._count, "body": body, "created_at": at, "user": {"login": "rookery-bot"}}


def _issues_of(shown: list[Repository], plain: list[str], words: list[str]) -> list[dict[str, Any]]:
    pulls = "is:pull-request" in words
    return [
        issue
        for one in shown
        for issue in one.issues
        if ("pull_request" in issue) == pulls and _has(f"{issue['title']} {issue['body']}", plain)
    ]


def _code_of(shown: list[Repository], plain: list[str], _: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "path": path,
            "html_url": f"{_WEB}/{one.name}/blob/main/{path}",
            "repository": {"full_name": one.name},
            "text_matches": [{"fragment": text}],
        }
        for one in shown
        for path, text in one.files.items()
        if _has(f"{path} {text}", plain)
    ]


def _described(shown: list[Repository], plain: list[str], _: list[str]) -> list[dict[str, Any]]:
    return [
        {"full_name": one.name, "html_url": f"{_WEB}/{one.name}", "description": "", "stargazers_count": 1}
        for one in shown
        if _has(one.name, plain)
    ]


def _has(text: str, words: list[str]) -> bool:
    return all(word in text.lower() for word in words)


def _missing() -> Reply:
    return Reply(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"})


def _invalid(field_: str, what: str) -> Reply:
    fault = {"resource": "Issue", "field": field_, "code": what}
    return Reply(422, {"message": "Validation Failed", "errors": [fault]})
