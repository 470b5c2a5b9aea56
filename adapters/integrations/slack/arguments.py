"""What agents may ask of Slack."""

from pydantic import Field

from rookery.domain.frozen import Frozen

_CHANNEL = "a channel's name, such as #team, or its id"
_THREAD = "the timestamp of a thread's first message, such as 1700000000.000100"


class SlackSearch(Frozen):
    """What to look for."""

    query: str = Field(min_length=1, max_length=400)
    channel: str | None = Field(default=None, max_length=100, description=f"{_CHANNEL}; null: all")
    limit: int = Field(default=10, ge=1, le=50)


class SlackRead(Frozen):
    """Which conversation to read."""

    channel: str = Field(min_length=1, max_length=100, description=_CHANNEL)
    thread: str | None = Field(default=None, pattern=r"^\d{1,12}\.\d{1,8}$", description=f"{_THREAD}; null: the latest")
    query: str = Field(default="", max_length=400, description="what matters in it")
    limit: int = Field(default=100, ge=1, le=1000, description="messages")


class SlackPost(Frozen):
    """What to say and where."""

    channel: str = Field(min_length=1, max_length=100, description=_CHANNEL)
    text: str = Field(min_length=1, max_length=40_000, description="Markdown")
    thread: str | None = Field(default=None, pattern=r"^\d{1,12}\.\d{1,8}$", description=f"to reply in: {_THREAD}")
