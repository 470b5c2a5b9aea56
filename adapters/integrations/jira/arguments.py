"""What agents may ask of Jira."""

from typing import Annotated

from pydantic import Field

from rookery.domain.frozen import Frozen

IssueKey = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,40}-[1-9]\d{0,9}$", description="such as KP-12")]
_TEXT = Field(min_length=1, max_length=200_000, description="Markdown")


class JiraSearch(Frozen):
    """What to look for."""

    query: str = Field(
        min_length=1, max_length=1000, description='words, or JQL such as: project = KP AND text ~ "tide gauge"'
    )
    limit: int = Field(default=10, ge=1, le=100)


class JiraRead(Frozen):
    """Which issue to read, with its comments."""

    issue: IssueKey
    query: str = Field(default="", max_length=400, description="what matters in it")


class JiraCreate(Frozen):
    """A new issue."""

    project: str = Field(pattern=r"^[A-Z][A-Z0-9_]{1,40}$", description="its key, such as KP")
    summary: str = Field(min_length=1, max_length=255)
    text: str = _TEXT
    issue_type: str | None = Field(default=None, min_length=1, max_length=60, description="null: that of the settings")


class JiraComment(Frozen):
    """A comment on an issue."""

    issue: IssueKey
    text: str = _TEXT


class JiraTransition(Frozen):
    """A change of an issue's status."""

    issue: IssueKey
    to: str = Field(min_length=1, max_length=100, description="the status, or the name of the transition")
