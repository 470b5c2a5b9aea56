"""Telling people."""

from typing import Protocol

from rookery.domain.integrations import Notification


class NotifierPort(Protocol):
    """Delivers messages to people, each once."""

    async def notify(self, notification: Notification, *, idempotency_key: str) -> None:
        """Deliver a message. A second call with the same key delivers nothing.

        Raises:
            NotifierError: it was not delivered; `retryable` says whether to try again.
        """
        ...
