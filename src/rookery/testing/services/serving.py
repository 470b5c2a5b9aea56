"""Serving a local service over HTTP/1.1 on a free port of the loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from rookery.testing.services.faults import Break
from rookery.testing.services.requests import Request
from rookery.testing.services.wire import Answer, LocalService

S = TypeVar("S", bound=LocalService)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        service = self._service
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._say(service.answer(Request(self.command, self.path, headers, body, service.now())))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def _say(self, answer: Answer) -> None:
        self.close_connection = answer.how is not None
        if answer.how is Break.CLOSED:
            return
        content = answer.reply.content
        self.send_response_only(answer.reply.status)
        head = {
            "Date": format_datetime(self._service.now().astimezone(UTC), usegmt=True),
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(content)),
        }
        for name, value in {**head, **answer.reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content if answer.how is None else content[: len(content) // 2])
        self.wfile.flush()
        if answer.how is Break.STALLED:
            self._service.closing.wait()

    @property
    def _service(self) -> LocalService:
        assert isinstance(self.server, _Server)
        return self.server.service

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Be silent."""


class _Server(ThreadingHTTPServer):
    service: LocalService
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients may hang up."""


@contextmanager
def serve(service: S) -> Iterator[S]:
    """Serve until the block ends; the address is in `service.url`."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.service = service
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        service.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
