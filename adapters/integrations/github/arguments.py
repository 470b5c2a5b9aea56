"""What agents may ask of GitHub."""

from typing import Annotated, Literal

from pydantic import Field

from rookery.adapters.integrations.github.settings import REPOSITORY
from rookery.domain.frozen import Frozen

Repository = Annotated[str, Field(pattern=REPOSITORY, description="owner/repo")]


class GitHubSearch(Frozen):
    """What to look for; GitHub's own qualifiers work, such as `is:open label:bug`."""

    query: str = Field(min_length=1, max_length=256)
    kind: Literal["issues", "pulls", "code", "repositories"] = "issues"
    repository: Repository | None = None
    limit: int = Field(default=10, ge=1, le=100)


class GitHubRead(Frozen):
    """Which issue or pull request to read, with its comments."""

    repository: Repository
    number: int = Field(ge=1)
    query: str = Field(default="", max_length=400, description="what matters in it")


class GitHubCreateIssue(Frozen):
    """A new issue."""

    repository: Repository
    title: str = Field(min_length=1, max_length=256)
    text: str = Field(min_length=1, max_length=200_000, description="Markdown")
    labels: list[Annotated[str, Field(min_length=1, max_length=50)]] = Field(default=[], max_length=20)


class GitHubComment(Frozen):
    """A comment on an issue or pull request."""

    repository: Repository
    number: int = Field(ge=1)
    text: str = Field(min_length=1, max_length=200_000, description="Markdown")
