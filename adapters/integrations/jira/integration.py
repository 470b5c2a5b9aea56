"""Jira: search, read, create, comment, change the status.

Cloud by version 3 of its interface (https://developer.atlassian.com/cloud/jira/platform/rest/v3), Data Center by
version 2.
"""

import re
from collections.abc import Sequence

from rookery.adapters.integrations.jira.arguments import JiraComment, JiraCreate, JiraRead, JiraSearch, JiraTransition
from rookery.adapters.integrations.jira.issues import Issues
from rookery.adapters.integrations.jira.messages import LONGEST, JiraMessage, StatusChange
from rookery.adapters.integrations.jira.refusals import refusal
from rookery.adapters.integrations.jira.settings import JiraSettings
from rookery.adapters.support.markdown import divide
from rookery.adapters.support.services.rest import Manner, Rest
from rookery.adapters.support.services.status import Unset, as_notifier, status_of
from rookery.adapters.support.services.surroundings import Surroundings
from rookery.adapters.support.services.tools import ServiceTool, headline, read, written
from rookery.domain.errors import NotifierError
from rookery.domain.integrations import Delivery, IntegrationStatus, Notification
from rookery.domain.ports.integration import IntegrationPort
from rookery.domain.ports.tool import Outcome, Scope, Tool

_PACE = 0.2  # seconds
_LONGEST_SUMMARY = 255
_TARGET = re.compile(r"(?P<project>[A-Z][A-Z0-9_]{1,40})(?:-(?P<number>\d+))?")


class JiraIntegration(IntegrationPort):
    """Makes issues, comments on them and moves them, and finds and reads what is there."""

    name = "jira"
    kind = "issues"

    def __init__(self, settings: JiraSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._around = surroundings
        line = surroundings.line("Jira", settings, pace=_PACE)
        place = f"{settings.base_url}/rest/api/{3 if settings.is_cloud else 2}"
        self._rest = Rest(Manner("Jira", place, settings.timeout_seconds, self._headers, refusal), surroundings, line)
        self._issues = Issues(self._rest, settings)
        self._deliveries = surroundings.deliveries(self.name, line)
        self._tools: list[Tool] = [
            ServiceTool("jira_search", "find issues in Jira by words or JQL", JiraSearch, self._search),
            ServiceTool("jira_read", "read an issue of Jira with its comments", JiraRead, self._read),
            ServiceTool("jira_create", "make an issue in Jira", JiraCreate, self._create, effect="write"),
            ServiceTool("jira_comment", "comment on an issue of Jira", JiraComment, self._comment, effect="write"),
            ServiceTool(
                "jira_transition", "move an issue of Jira to another status", JiraTransition, self._move, effect="write"
            ),
        ]

    @property
    def tools(self) -> Sequence[Tool]:
        return self._tools

    async def check(self) -> IntegrationStatus:
        return await status_of(self, self._rest.line.gate, self._look)

    async def notify(self, notification: Notification, *, idempotency_key: str) -> Delivery:
        place = _TARGET.fullmatch((notification.target or self._settings.project or "").strip())
        if place is None:
            raise NotifierError(
                "name a project's key or an issue's key as the target, or set `project` under [integrations.jira]"
            )
        summary = headline(notification.title, notification.text, _LONGEST_SUMMARY)
        fields = self._fields(place["project"], summary, None)
        issue = place[0] if place["number"] else None
        with as_notifier():
            return await self._send(issue, notification.text, {} if issue else fields, idempotency_key)

    async def close(self) -> None:
        await self._rest.close()

    async def _look(self) -> str:
        user = (await self._rest.line.once(lambda: self._rest.send("GET", "/myself"))).body
        return f"{user.get('displayName') or user.get('name')} at {self._settings.base_url}"

    def _headers(self) -> dict[str, str]:
        if self._settings.missing is not None:
            raise Unset(self._settings.missing)
        return {"Authorization": self._settings.authorization, "Accept": "application/json"}

    def _fields(self, project: str, summary: str, issue_type: str | None) -> dict[str, object]:
        kind = {"name": issue_type or self._settings.issue_type}
        return {"project": {"key": project}, "summary": " ".join(summary.split()), "issuetype": kind}

    async def _send(self, issue: str | None, text: str, fields: dict[str, object], key: str) -> Delivery:
        message = JiraMessage(self._issues, self._around.clock, issue, divide(text, LONGEST), fields)
        done = await self._deliveries(key, message)
        target = issue or done.posted[0].reference
        url = done.posted[0].url
        return Delivery(service=self.name, target=target, url=url, parts=len(done.posted), repeated=done.repeated)

    async def _search(self, query: JiraSearch, scope: Scope) -> Outcome:
        found = await self._issues.search(query.query, query.limit)
        return read(await self._around.capture(found, query.query, limit=scope.passages), found)

    async def _read(self, what: JiraRead, scope: Scope) -> Outcome:
        found = await self._issues.read(what.issue)
        return read(await self._around.capture([found], what.query, limit=scope.passages), [found])

    async def _create(self, issue: JiraCreate, scope: Scope) -> Outcome:
        fields = self._fields(issue.project, issue.summary, issue.issue_type)
        done = await self._send(None, issue.text, fields, scope.key)
        return written(f"made {done.target}", done.url, repeated=done.repeated, place=done.target)

    async def _comment(self, comment: JiraComment, scope: Scope) -> Outcome:
        done = await self._send(comment.issue, comment.text, {}, scope.key)
        return written(f"commented on {done.target}", done.url, repeated=done.repeated, place=done.target)

    async def _move(self, change: JiraTransition, scope: Scope) -> Outcome:
        done = await self._deliveries(scope.key, StatusChange(self._issues, change.issue, change.to))
        status, url = done.posted[0]
        return written(f"{change.issue} is {status}", url, repeated=done.repeated, place=change.issue)
