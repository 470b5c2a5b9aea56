"""Outside services that agents and people share."""

from enum import StrEnum

from pydantic import Field

from rookery.domain.frozen import Frozen, Timestamp


class IntegrationState(StrEnum):
    """How things stand with a service."""

    READY = "ready"
    UNCONFIGURED = "unconfigured"
    REFUSED = "refused"
    """It does not take the credentials, or they allow too little."""
    WAITING = "waiting"
    """It asked to be left alone until a moment."""
    UNREACHABLE = "unreachable"


class IntegrationStatus(Frozen):
    """Whether an integration can be used, and why not.

    Attributes:
        detail: as whom and where; or what is wrong, and what to do.
        waits_until: when requests go out again, while the service wants none.
        tools: what agents can do there.
    """

    name: str
    kind: str
    configured: bool
    status: IntegrationState
    detail: str
    waits_until: Timestamp | None = None
    tools: list[str] = []


class Notification(Frozen):
    """A message for a service.

    Attributes:
        text: Markdown.
        title: of a page, an issue; for chats, a first line.
        target: a channel, a page, `owner/repo`, a project …; null: that of the settings.
    """

    text: str = Field(min_length=1, max_length=200_000)
    title: str = Field(default="", max_length=300)
    target: str | None = Field(default=None, max_length=300)


class Delivery(Frozen):
    """Where a message went."""

    service: str
    target: str
    url: str | None = None
    parts: int = Field(default=1, ge=1, description="into which the service's limits divided it")
    repeated: bool = Field(default=False, description="whether it was delivered before, under the same key")
