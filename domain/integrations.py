"""Outside services that agents and people share."""

from rookery.domain.frozen import Frozen


class IntegrationStatus(Frozen):
    """Whether an integration can be used, and why not."""

    name: str
    kind: str
    configured: bool
    status: str
    detail: str


class Notification(Frozen):
    """A message for a service."""

    text: str
    target: str | None = None
