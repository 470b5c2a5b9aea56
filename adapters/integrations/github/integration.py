"""GitHub: search, read, open issues, comment (https://docs.github.com/rest).

By httpx alone: the clients there are bring hundreds of generated models, and retries and caches of their own, for the
nine requests that are made here.
"""

import re
from collections.abc import Sequence

from rookery.adapters.integrations.github.arguments import GitHubComment, GitHubCreateIssue, GitHubRead, GitHubSearch
from rookery.adapters.integrations.github.messages import LONGEST, GitHubMessage
from rookery.adapters.integrations.github.reading import Repositories
from rookery.adapters.integrations.github.refusals import refusal
from rookery.adapters.integrations.github.settings import REPOSITORY, GitHubSettings
from rookery.adapters.support.markdown import divide
from rookery.adapters.support.services.rest import Manner, Rest
from rookery.adapters.support.services.status import Unset, as_notifier, status_of
from rookery.adapters.support.services.surroundings import Surroundings
from rookery.adapters.support.services.tools import ServiceTool, headline, read, written
from rookery.domain.errors import NotifierError
from rookery.domain.integrations import Delivery, IntegrationStatus, Notification
from rookery.domain.ports.integration import IntegrationPort
from rookery.domain.ports.tool import Outcome, Scope, Tool

_PACE = 1.0  # seconds; GitHub asks for a second between requests that create something
_LONGEST_TITLE = 256
_TARGET = re.compile(rf"(?P<repository>{REPOSITORY[1:-1]})(?:#(?P<number>\d+))?", re.ASCII)


class GitHubIntegration(IntegrationPort):
    """Opens issues and comments on them, and finds and reads what is there."""

    name = "github"
    kind = "issues and code"

    def __init__(self, settings: GitHubSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._around = surroundings
        line = surroundings.line("GitHub", settings, pace=_PACE)
        manner = Manner("GitHub", settings.base_url, settings.timeout_seconds, self._headers, refusal)
        self._rest = Rest(manner, surroundings, line)
        self._repositories = Repositories(self._rest)
        self._deliveries = surroundings.deliveries(self.name, line)
        self._tools: list[Tool] = [
            ServiceTool(
                "github_search",
                "find issues, pull requests, code or repositories on GitHub",
                GitHubSearch,
                self._search,
            ),
            ServiceTool("github_read", "read an issue or pull request with its comments", GitHubRead, self._read),
            ServiceTool(
                "github_create_issue", "open an issue on GitHub", GitHubCreateIssue, self._create, effect="write"
            ),
            ServiceTool(
                "github_comment", "comment on an issue or pull request", GitHubComment, self._comment, effect="write"
            ),
        ]

    @property
    def tools(self) -> Sequence[Tool]:
        return self._tools

    async def check(self) -> IntegrationStatus:
        return await status_of(self, self._rest.line.gate, self._look)

    async def notify(self, notification: Notification, *, idempotency_key: str) -> Delivery:
        target = notification.target or self._settings.repository or ""
        place = _TARGET.fullmatch(target.strip())
        if place is None:
            raise NotifierError(
                "name owner/repo or owner/repo#number as the target, or set `repository` under [integrations.github]"
            )
        number = int(place["number"]) if place["number"] else None
        title = headline(notification.title, notification.text, _LONGEST_TITLE)
        texts = divide(notification.text, LONGEST)
        with as_notifier():
            return await self._send(
                GitHubMessage(self._rest, place["repository"], number, texts, title), idempotency_key
            )

    async def close(self) -> None:
        await self._rest.close()

    async def _look(self) -> str:
        user = (await self._rest.line.once(lambda: self._rest.send("GET", "/user"))).body
        return f"{user.get('login')} at {self._settings.base_url}"

    def _headers(self) -> dict[str, str]:
        token = self._settings.token
        if token is None:
            raise Unset("GitHub is not set up: set GITHUB_TOKEN, or `token` under [integrations.github]")
        return {
            "Authorization": f"Bearer {token.get_secret_value()}",
            "Accept": "application/vnd.github.text-match+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }

    async def _send(self, message: GitHubMessage, key: str) -> Delivery:
        done = await self._deliveries(key, message)
        target = message.repository if message.number is None else f"{message.repository}#{message.number}"
        url = done.posted[0].url
        return Delivery(service=self.name, target=target, url=url, parts=len(done.posted), repeated=done.repeated)

    async def _search(self, query: GitHubSearch, scope: Scope) -> Outcome:
        found = await self._repositories.search(query)
        return read(await self._around.capture(found, query.query, limit=scope.passages), found)

    async def _read(self, what: GitHubRead, scope: Scope) -> Outcome:
        found = await self._repositories.read(what)
        return read(await self._around.capture([found], what.query, limit=scope.passages), [found])

    async def _create(self, issue: GitHubCreateIssue, scope: Scope) -> Outcome:
        texts = divide(issue.text, LONGEST)
        message = GitHubMessage(self._rest, issue.repository, None, texts, issue.title, issue.labels)
        done = await self._send(message, scope.key)
        return written(f"opened an issue in {issue.repository}", done.url, repeated=done.repeated, place=done.target)

    async def _comment(self, comment: GitHubComment, scope: Scope) -> Outcome:
        texts = divide(comment.text, LONGEST)
        done = await self._send(GitHubMessage(self._rest, comment.repository, comment.number, texts), scope.key)
        return written(f"commented on {done.target}", done.url, repeated=done.repeated, place=done.target)
