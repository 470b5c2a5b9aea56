"""Clients that cost little: they speak as much HTTP as they need."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator

from servers import Server

_HOST = "127.0.0.1"


def _head(server: Server, method: str, path: str, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: rookery", f"Authorization: Bearer {server.token}", *more, "", ""]
    return "\r\n".join(lines).encode()


async def rate(server: Server, path: str, *, connections: int, seconds: float) -> float:
    """Return how many requests for a path are answered in a second."""
    request = _head(server, "GET", path)
    end = time.perf_counter() + seconds
    began = time.perf_counter()
    counts = await asyncio.gather(*(_ask(server, request, end) for _ in range(connections)))
    return sum(counts) / (time.perf_counter() - began)


async def _ask(server: Server, request: bytes, end: float) -> int:
    reader, writer = await asyncio.open_connection(_HOST, server.port)
    count = 0
    while time.perf_counter() < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        count += 1
    writer.close()
    return count


class Follower:
    """Follows a run and keeps the numbers of its events."""

    def __init__(self, server: Server, run_id: str) -> None:
        self._server = server
        self.run_id = run_id
        self.numbers: list[int] = []
        self.connected = asyncio.Event()

    async def __call__(self) -> None:
        """Follow to the end of the stream."""
        reader, writer = await asyncio.open_connection(_HOST, self._server.port)
        writer.write(_head(self._server, "GET", f"/v1/runs/{self.run_id}/events"))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        self.connected.set()
        async for line in _lines(reader):
            if line.startswith(b"id: "):
                self.numbers.append(int(line[4:]))
        writer.close()


async def _lines(reader: asyncio.StreamReader) -> AsyncGenerator[bytes]:
    """Yield the lines of a chunked body; each chunk holds whole ones."""
    with contextlib.suppress(asyncio.IncompleteReadError):
        while size := int(await reader.readline() or b"0", 16):
            chunk = await reader.readexactly(size + 2)
            for line in chunk.split(b"\n"):
                yield line.rstrip(b"\r")
