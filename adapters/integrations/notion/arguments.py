"""What agents may ask of Notion."""

from pydantic import Field

from rookery.domain.frozen import Frozen


class NotionSearch(Frozen):
    """What to look for; Notion compares titles."""

    query: str = Field(min_length=1, max_length=200)
    limit: int = Field(default=10, ge=1, le=50)


class NotionRead(Frozen):
    """Which page to read."""

    page: str = Field(min_length=1, max_length=500, description="its id or address")
    query: str = Field(default="", max_length=400, description="what matters in it")


class NotionPublish(Frozen):
    """A new page."""

    parent: str = Field(min_length=1, max_length=500, description="the page or database above it, by id or address")
    title: str = Field(min_length=1, max_length=300)
    text: str = Field(min_length=1, max_length=200_000, description="Markdown")
