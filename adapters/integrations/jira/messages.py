"""An issue or a comment, with what does not fit into it as further comments; and changes of status.

The mark of a part is an entity property, set in the request that makes the issue or comment; people do not see it.
Comments are looked for in the issue's own list, which is exact. Issues are looked for by JQL among the account's newest
ones of the project: Jira's search comes to know of an issue within seconds, so after a crash an issue that is younger
than that could be made twice. A change of status is done once by its nature: it is looked at first.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rookery.adapters.integrations.jira.issues import Issues
from rookery.adapters.support.services.ledger import Posted
from rookery.adapters.support.services.status import Missing
from rookery.domain.errors import ToolError
from rookery.domain.ports.clock import ClockPort

LONGEST = 20_000  # characters of Markdown; Jira takes 32,767 of its own form, which is longer
_PROPERTY = "rookery.delivery"
_LOOKED_THROUGH = 50  # issues


@dataclass(frozen=True)
class JiraMessage:
    """A message in parts.

    Attributes:
        issues: of Jira.
        clock: says how long ago a part was begun.
        issue: the key of what to comment on; None: a new one is made, which takes the first part.
        texts: of the parts, in Markdown.
        fields: of a new issue, but for its description.
    """

    issues: Issues
    clock: ClockPort
    issue: str | None
    texts: Sequence[str]
    fields: Mapping[str, Any]

    @property
    def content(self) -> str:
        return json.dumps([self.issue, list(self.texts), dict(self.fields)], sort_keys=True)

    @property
    def parts(self) -> int:
        return len(self.texts)

    async def post(self, number: int, mark: str, posted: Mapping[int, Posted]) -> Posted:
        text = self.issues.text(self.texts[number - 1])
        properties = [{"key": _PROPERTY, "value": {"mark": mark, "part": number}}]
        key = self._issue(posted)
        if key is None:
            fields = {**self.fields, "description": text}
            made = (
                await self.issues.rest.send("POST", "/issue", body={"fields": fields, "properties": properties})
            ).body
            return Posted(str(made["key"]), self.issues.address(str(made["key"])))
        body = {"body": text, "properties": properties}
        made = (await self.issues.rest.send("POST", f"/issue/{key}/comment", body=body)).body
        return Posted(str(made["id"]), self.issues.address(key, str(made["id"])))

    async def find(self, mark: str, since: datetime, posted: Mapping[int, Posted]) -> Mapping[int, Posted]:
        try:
            found = dict(posted)
            if self.issue is None and 1 not in found:
                found |= await self._made(mark, since)
            key = self._issue(found)
            if key is not None:
                found |= await self._written(key, mark, since)
        except ToolError as error:
            raise ToolError(
                f"whether Jira has got the text is not known, and it cannot be looked up ({error}); look there, and "
                "send it anew if it is not there"
            ) from error
        return found

    def _issue(self, posted: Mapping[int, Posted]) -> str | None:
        return self.issue or (posted[1].reference if 1 in posted else None)

    async def _made(self, mark: str, since: datetime) -> dict[int, Posted]:
        project = self.fields["project"]["key"]
        minutes = max(1, int((self.clock.now() - since).total_seconds() / 60) + 1)
        jql = f'project = "{project}" AND reporter = currentUser() AND created >= -{minutes}m ORDER BY created DESC'
        for issue in await self.issues.found(jql, _LOOKED_THROUGH, ["created"]):
            key = str(issue["key"])
            if (await self._property(f"/issue/{key}")).get("mark") == mark:
                return {1: Posted(key, self.issues.address(key))}
        return {}

    async def _written(self, key: str, mark: str, since: datetime) -> dict[int, Posted]:
        found: dict[int, Posted] = {}
        for comment in await self.issues.comments(key, since=since):
            id_ = str(comment["id"])
            value = await self._property(f"/comment/{id_}")
            if value.get("mark") == mark:
                found[int(value.get("part", 1))] = Posted(id_, self.issues.address(key, id_))
        return found

    async def _property(self, place: str) -> Mapping[str, Any]:
        try:
            value = (await self.issues.rest.get(f"{place}/properties/{_PROPERTY}") or {}).get("value")
        except Missing:
            return {}
        return value if isinstance(value, Mapping) else {}


@dataclass(frozen=True)
class StatusChange:
    """A change of an issue's status, by the name of the status or of the transition to it."""

    issues: Issues
    issue: str
    to: str
    parts: int = 1

    @property
    def content(self) -> str:
        return json.dumps([self.issue, self.to])

    async def post(self, number: int, mark: str, posted: Mapping[int, Posted]) -> Posted:  # noqa: ARG002 - nothing to mark
        path = f"/issue/{self.issue}/transitions"
        open_ = (await self.issues.rest.send("GET", path)).body.get("transitions") or []
        names = {str(one["id"]): (str(one.get("name")), str((one.get("to") or {}).get("name"))) for one in open_}
        wanted = self.to.casefold()
        fitting = [id_ for id_, pair in names.items() if wanted in (name.casefold() for name in pair)]
        if not fitting:
            ways = ", ".join(sorted({to for _, to in names.values()})) or "none"
            raise ToolError(f"{self.issue} cannot be moved to {self.to!r} from where it is; open to it: {ways}")
        await self.issues.rest.send("POST", path, body={"transition": {"id": fitting[0]}})
        return Posted(names[fitting[0]][1], self.issues.address(self.issue))

    async def find(self, mark: str, since: datetime, posted: Mapping[int, Posted]) -> Mapping[int, Posted]:  # noqa: ARG002
        status = await self.issues.status(self.issue)
        if status.casefold() == self.to.casefold():
            return {1: Posted(status, self.issues.address(self.issue))}
        return dict(posted)
