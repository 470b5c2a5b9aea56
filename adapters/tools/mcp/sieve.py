"""What of a server's messages goes on to the library that reads them: answers, and requests that it will refuse."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp.shared.message import SessionMessage

_UNASKED = 2_000  # messages between two answers
_RUBBISH = 100  # lines that are no messages, which careless servers print


class TooMuch(Exception):
    """A server sends what nobody can be expected to read."""


class Sieve:
    """Drops notifications, of which none are used, and counts what nobody asked for.

    Bounded: what a server floods costs time, no memory, and ends the connection.
    """

    def __init__(self) -> None:
        self._unasked = 0
        self._rubbish = 0

    def line(self, line: bytes) -> "SessionMessage | None":
        """Return the message of a line; None for one that is dropped.

        Raises:
            TooMuch: there were too many that are dropped.
        """
        from mcp.shared.message import SessionMessage
        from mcp_types import jsonrpc_message_adapter

        if not line.strip():
            return None
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except (ValueError, RecursionError):
            self._drop_rubbish(line)
            return None
        return self.message(SessionMessage(message))

    def message(self, message: "SessionMessage") -> "SessionMessage | None":
        """Return a message, or None for one that is dropped. Raises what `line` raises."""
        from mcp_types import JSONRPCError, JSONRPCNotification, JSONRPCResponse

        if isinstance(message.message, JSONRPCResponse | JSONRPCError):
            self._unasked = 0
            return message
        self._unasked += 1
        if self._unasked > _UNASKED:
            raise TooMuch(f"it sent {_UNASKED} messages that nobody asked for")
        return None if isinstance(message.message, JSONRPCNotification) else message

    def _drop_rubbish(self, line: bytes) -> None:
        self._rubbish += 1
        if self._rubbish > _RUBBISH or _looks_like_a_message(line):
            raise TooMuch(f"it sent what is no message of the protocol: {line[:80]!r}")


def _looks_like_a_message(line: bytes) -> bool:
    """Whether a line was meant to be a message: an answer that cannot be read would be waited for in vain."""
    try:
        said: Any = json.loads(line)
    except (ValueError, RecursionError):
        return line.lstrip().startswith(b'{"jsonrpc"')
    return isinstance(said, dict) and "jsonrpc" in said
