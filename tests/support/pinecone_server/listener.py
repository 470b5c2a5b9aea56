"""A port that answers JSON, asks for the key, and fails on demand."""

import json
import socket
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

MOST_BYTES = 2 * 1024 * 1024


class Request(NamedTuple):
    """What was asked: the parts of the path, the query string's values, and the body."""

    path: tuple[str, ...]
    params: dict[str, list[str]]
    body: dict[str, Any]

    def param(self, name: str, default: str = "") -> str:
        return self.params.get(name, [default])[0]


class Answer(NamedTuple):
    """A status, what is said with it, and headers beside the usual."""

    status: int
    body: Any
    headers: dict[str, str] = {}


class Refusal(Exception):
    """A request that is not granted: an HTTP status, gRPC's code, and Pinecone's message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = Answer(status, {"code": code, "message": message, "details": []})


Route = Callable[[Request], Answer]
Routes = Callable[[str, Sequence[str]], Route | None]


class Faults:
    """Which of the next requests fail, and how."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = 0
        self._status = 503
        self._path = ""
        self.requests: list[str] = []
        """The method and path of every request that came, failed or not."""

    def fail(self, times: int, status: int = 503, *, path: str = "") -> None:
        """Answer the next requests with the status; with a path, only those whose path begins with it."""
        with self._lock:
            self._left, self._status, self._path = times, status, path

    def clear(self) -> None:
        """Let everything succeed and forget what was asked."""
        with self._lock:
            self._left = 0
            self.requests.clear()

    def next(self, method: str, path: str) -> int | None:
        with self._lock:
            self.requests.append(f"{method} {path}")
            if self._left == 0 or not path.startswith(self._path):
                return None
            self._left -= 1
            return self._status


class Service(NamedTuple):
    """What a port serves: its routes, one request at a time, to those who have the key."""

    routes: Routes
    key: str
    faults: Faults
    lock: threading.RLock


class Listener:
    """Serves on a loopback port that stays the same from start to start."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._port = 0
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._server = _Server(("127.0.0.1", self._port), self._service)
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.hang_up()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], service: Service) -> None:
        super().__init__(address, _Handler)
        self.service = service
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._open):
            connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._send(self._fault() or self._stranger() or self._served(body))

    do_POST = do_DELETE = do_PATCH = do_GET  # noqa: N815

    def _fault(self) -> Answer | None:
        status = self.server.service.faults.next(self.command, self.path)
        if status is None:
            return None
        return Answer(status, {"code": 14, "message": "told to fail", "details": []}, {"Retry-After": "0"})

    def _stranger(self) -> Answer | None:
        if self.headers.get("Api-Key") != self.server.service.key:
            return Answer(401, {"status": 401, "error": {"code": "UNAUTHENTICATED", "message": "Invalid API Key"}})
        if not self.headers.get("X-Pinecone-Api-Version"):
            return Refusal(400, 3, "the API's version is missing").answer
        return None

    def _served(self, body: bytes) -> Answer:
        split = urlsplit(self.path)
        path = tuple(unquote(part) for part in split.path.strip("/").split("/"))
        route = self.server.service.routes(self.command, path)
        if route is None:
            return Refusal(404, 5, f"{self.command} {split.path} is unknown").answer
        if len(body) > MOST_BYTES:
            found = f"found {len(body)} bytes, the limit is: {MOST_BYTES} bytes"
            return Refusal(400, 11, f"Error, message length too large: {found}").answer
        request = Request(path, parse_qs(split.query, keep_blank_values=True), json.loads(body or b"{}"))
        try:
            with self.server.service.lock:
                return route(request)
        except Refusal as refusal:
            return refusal.answer

    def _send(self, answer: Answer) -> None:
        content = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, *_: object) -> None:
        """Say nothing."""
