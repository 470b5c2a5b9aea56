"""What the local services share: they listen on a free port, answer one request after the other, and remember them."""

import json
import re
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

_WORD = re.compile(r"\w+")


class Entry(NamedTuple):
    """What a service knows: a page, an article or a paper."""

    url: str
    title: str
    text: str = ""
    authors: tuple[str, ...] = ()
    year: int = 2020
    doi: str = ""
    venue: str = ""


class Asked(NamedTuple):
    """A request that came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}

    @classmethod
    def of_json(cls, value: object, status: int = 200) -> "Reply":
        """Answer with JSON."""
        return cls(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


class LocalService:
    """A service at `url`, from `with` until its end.

    Args:
        entries: what it knows. A query finds those that share a word with it, most words first.
    """

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.entries = list(entries)
        self.asked: list[Asked] = []
        self._refusals: deque[Reply] = deque()

    def refuse_next(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        """Give this answer to the next request that comes and has none yet."""
        self._refusals.append(Reply(status, body, headers or {}))

    def found(self, query: str) -> list[Entry]:
        """Return what suits a query, best first."""
        wanted = _words(query)
        shared = [(len(wanted & _words(f"{one.title} {one.text}")), -place) for place, one in enumerate(self.entries)]
        return [self.entries[-place] for count, place in sorted(shared, reverse=True) if count]

    def answer(self, asked: Asked) -> Reply:
        """Return what the service says to a request."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def reply(self, asked: Asked) -> Reply:
        """Note a request and answer it."""
        self.asked.append(asked)
        return self._refusals.popleft() if self._refusals else self.answer(asked)

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.service = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    service: LocalService
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Callers may hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers, body)
        reply = self.server.service.reply(asked)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Be silent."""


def number(asked: Asked, name: str, default: int) -> int:
    """Return a parameter that is a whole number; -1 for what is none."""
    text = asked.query.get(name, str(default))
    return int(text) if text.isdigit() else -1


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text) if len(word) > 2}
