"""A real Chroma server in a process of its own, and a gate before it that asks for a token."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

_PATIENCE_SECONDS = 60.0


class ChromaServer:
    """`chroma run` on a free loopback port, which stays the same when it stops and starts again.

    Args:
        folder: where it keeps its data.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        place = ["--host", "127.0.0.1", "--port", str(self._port), "--path", str(self._folder)]
        self._process = subprocess.Popen(
            [str(Path(sys.executable).with_name("chroma")), "run", *place],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"ANONYMIZED_TELEMETRY": "false"},
        )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._beats():
            assert time.monotonic() < deadline, "the Chroma server does not answer"
            try:
                self._process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError("the Chroma server ended while it started")

    def stop(self) -> None:
        """End the process; what it stored stays."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None

    def _beats(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/api/v2/heartbeat")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """One server for all tests, each of which empties it."""
    with running_chroma(tmp_path_factory.mktemp("chroma-server")) as server:
        yield server


@contextmanager
def running_chroma(folder: Path) -> Iterator[ChromaServer]:
    """Run a server until the block ends."""
    server = ChromaServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def gate(status: int, *, token: str = "", upstream: str = "") -> Iterator[str]:
    """Answer with the status, or pass on to the upstream what bears the token; give the gate's URL."""

    class Gate(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if token and self.headers.get("Authorization") == f"Bearer {token}":
                self._pass_on(body)
            else:
                self._answer(status, b"no entry")

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

        def _pass_on(self, body: bytes) -> None:
            connection = http.client.HTTPConnection(upstream.removeprefix("http://"), timeout=30)
            connection.request(self.command, self.path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            self._answer(response.status, response.read())
            connection.close()

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
