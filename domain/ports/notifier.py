"""Telling people."""

from typing import Protocol

from rookery.domain.integrations import Delivery, Notification


class NotifierPort(Protocol):
    """Delivers messages to people, each once. Safe to call concurrently."""

    async def notify(self, notification: Notification, *, idempotency_key: str) -> Delivery:
        """Deliver a message. A second call with the same key delivers nothing, and returns where the first one went.

        Raises:
            Conflict: the key was used for another message.
            NotifierError: it was not delivered; `retryable` says whether to try again.
        """
        ...
