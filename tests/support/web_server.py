"""A web server on the loopback that says what it is told to."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest


class Answer(NamedTuple):
    """What the server says to a request."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {}
    stalls: bool = False
    """Whether the body never ends."""


class Asked(NamedTuple):
    """A request that came."""

    path: str
    headers: dict[str, str]


class WebServer:
    """Pages by path; anything else is not found. A page with an ETag answers 304 to whoever has it."""

    def __init__(self, port: int, *, scheme: str = "http") -> None:
        self.port = port
        self.host = f"127.0.0.1:{port}"
        self.url = f"{scheme}://{self.host}"
        self.answers: dict[str, Answer] = {}
        self.posts: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.closing = threading.Event()

    def page(self, path: str, body: str | bytes, media_type: str = "text/html; charset=utf-8", **headers: str) -> str:
        """Put a page up and return its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body.encode() if isinstance(body, str) else body
        self.answers[path] = Answer(content, headers={"Content-Type": media_type, **named} if media_type else named)
        return self.url + path

    def redirect(self, path: str, target: str, status: int = 302) -> str:
        """Send whoever asks for a path elsewhere."""
        self.answers[path] = Answer(status=status, headers={"Location": target})
        return self.url + path


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_GET(self) -> None:
        web = self.server.web
        asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()})
        web.asked.append(asked)
        answer = web.answers.get(self.path, Answer(b"nothing here", 404))
        etag = answer.headers.get("ETag")
        self._say(Answer(status=304) if etag and asked.headers.get("if-none-match") == etag else answer)

    def do_POST(self) -> None:
        web = self.server.web
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        web.asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}))
        self._say(web.posts.get(self.path, Answer(b"nothing here", 404)))

    def _say(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if not answer.stalls and answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        if answer.stalls:
            self.wfile.flush()
            self.server.web.closing.wait()

    def log_message(self, *_: object) -> None:
        """Be silent."""


class _Server(ThreadingHTTPServer):
    web: WebServer

    def handle_error(self, *_: object) -> None:
        """Callers may hang up."""


@contextmanager
def serve(tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """Serve until the block ends."""

    server = _Server(("127.0.0.1", 0), _Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    web = server.web = WebServer(server.server_address[1], scheme="https" if tls else "http")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield web
    finally:
        web.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A web server on a free port of the loopback."""
    with serve() as server:
        yield server
