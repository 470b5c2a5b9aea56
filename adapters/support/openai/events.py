"""Server-sent events, as far as OpenAI's interface uses them."""

from collections.abc import Iterator

_LONGEST = 4 * 2**20  # bytes of one event


class EventTooLong(ValueError):
    """One event is longer than 4 MiB."""


class Events:
    """Takes a stream apart, wherever its chunks begin and end.

    The data stay bytes, so that no character is cut. Comments, and fields other than `data` and `error` (as older
    releases of llama-server name it), are left out.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the data of each event that the chunk completes.

        Raises:
            EventTooLong: one is longer than 4 MiB.
        """
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            yield from self._take(line.removesuffix(b"\r"))
        if len(self._rest) + sum(map(len, self._data)) > _LONGEST:
            raise EventTooLong("an event of more than 4 MiB")

    def end(self) -> Iterator[bytes]:
        """Yield the last event when the stream ends without the empty line after it."""
        rest, self._rest = self._rest, b""
        yield from self._take(rest.removesuffix(b"\r"))
        yield from self._take(b"")

    def _take(self, line: bytes) -> Iterator[bytes]:
        if not line:
            if self._data:
                yield b"\n".join(self._data)
                self._data = []
            return
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" "))
        elif field == b"error":
            self._data.append(b'{"error":' + value + b"}")
