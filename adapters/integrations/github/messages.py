"""An issue or a comment, with what does not fit into it as further comments.

The mark of a part is an HTML comment at its end, which GitHub does not show. It is looked for in the repository's list
of issues and in an issue's list of comments, not by search, which comes to know of things with delay.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rookery.adapters.support.services.ledger import Posted
from rookery.adapters.support.services.rest import Query, Rest
from rookery.domain.errors import ToolError

LONGEST = 65_000  # characters; GitHub takes 65,536, and the mark needs a few


@dataclass(frozen=True)
class GitHubMessage:
    """A message in parts.

    Attributes:
        rest: to GitHub.
        repository: owner/repo.
        number: of the issue to comment on; None: a new one is made, which takes the first part.
        texts: of the parts.
        title: of a new issue.
        labels: of a new issue.
    """

    rest: Rest
    repository: str
    number: int | None
    texts: Sequence[str]
    title: str = ""
    labels: Sequence[str] = ()

    @property
    def content(self) -> str:
        return json.dumps([self.repository, self.number, list(self.texts), self.title, list(self.labels)])

    @property
    def parts(self) -> int:
        return len(self.texts)

    async def post(self, number: int, mark: str, posted: Mapping[int, Posted]) -> Posted:
        body: dict[str, Any] = {"body": f"{self.texts[number - 1]}\n\n{_marker(mark, number)}"}
        issue = self._issue(posted)
        path = f"/repos/{self.repository}/issues"
        if issue is None:
            labels = {"labels": list(self.labels)} if self.labels else {}
            made = (await self.rest.send("POST", path, body={"title": self.title, **body, **labels})).body
            return Posted(str(made["number"]), made.get("html_url"))
        made = (await self.rest.send("POST", f"{path}/{issue}/comments", body=body)).body
        return Posted(str(made["id"]), made.get("html_url"))

    async def find(self, mark: str, since: datetime, posted: Mapping[int, Posted]) -> Mapping[int, Posted]:
        try:
            found = dict(posted)
            newest: Query = {"per_page": 100, "since": f"{since:%Y-%m-%dT%H:%M:%SZ}"}
            if self.number is None and 1 not in found:
                sorted_: Query = {**newest, "state": "all", "sort": "created", "direction": "desc"}
                found |= await self._marked(f"/repos/{self.repository}/issues", sorted_, mark, "number")
            issue = self._issue(found)
            if issue is not None:
                found |= await self._marked(f"/repos/{self.repository}/issues/{issue}/comments", newest, mark, "id")
        except ToolError as error:
            raise ToolError(
                f"whether GitHub has got the text is not known, and it cannot be looked up ({error}); look into "
                f"{self.repository}, and send it anew if it is not there"
            ) from error
        return found

    def _issue(self, posted: Mapping[int, Posted]) -> str | None:
        if self.number is not None:
            return str(self.number)
        return posted[1].reference if 1 in posted else None

    async def _marked(self, path: str, query: Query, mark: str, name: str) -> dict[int, Posted]:
        found: dict[int, Posted] = {}
        async for page in self.rest.pages(path, query):
            for one in page:
                body = str(one.get("body") or "")
                found |= {
                    number: Posted(str(one[name]), one.get("html_url"))
                    for number in range(1, self.parts + 1)
                    if _marker(mark, number) in body
                }
        return found


def _marker(mark: str, number: int) -> str:
    return f"<!-- rookery:{mark}:{number} -->"
