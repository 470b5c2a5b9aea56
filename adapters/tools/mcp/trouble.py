"""What went wrong with a connection, for messages: short, without credentials, on one line."""

import asyncio

from rookery.domain.hidden import without_hidden
from rookery.domain.redaction import redact

_LONGEST = 300


class Trouble:
    """Filled in by whatever carries the messages. `ended` is set when nothing more will come."""

    def __init__(self) -> None:
        self.reason = ""
        self.last_words = ""
        self.ended = asyncio.Event()

    def end(self, reason: str) -> None:
        """Note why nothing more will come, or "" where that is not known.

        The first reason counts, and none after we have ended it ourselves.
        """
        if not self.ended.is_set():
            self.reason = self.reason or reason
        self.ended.set()

    def close(self) -> None:
        """Note that we end it ourselves."""
        self.ended.set()

    def __str__(self) -> str:
        words = shown(self.last_words)
        return f"{self.reason or 'the connection was closed'}{f'; its last words: {words}' if words else ''}"


def shown(text: str, longest: int = _LONGEST) -> str:
    """Return what a message may show of a text that a server sent."""
    flat = " ".join(without_hidden(redact(text).text).split())
    return flat if len(flat) <= longest else f"{flat[:longest]}…"
