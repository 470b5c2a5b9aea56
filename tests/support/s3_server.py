"""An S3 server on this machine, and a proxy before it that can be told to fail."""

import logging
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import NamedTuple

import pytest
from pydantic import SecretStr

from rookery.adapters.object_stores.s3 import Settings

KEY = "AKIDEXAMPLEEXAMPLE"
SECRET = "not/a+real/secret+of/anything"
PAGE = 50
"""How many names the server lists at once."""

_CHECKSUM = "x-amz-checksum-sha256"
_numbers = count(1)


@contextmanager
def moto() -> Iterator[str]:
    """A moto server on a free loopback port, with a handful of names to a page.

    It answers one request at a time: its own check of `If-None-Match` would let two racing writes through.
    """
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOTO_S3_DEFAULT_MAX_KEYS", str(PAGE))
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A server that all tests share."""
    with moto() as endpoint:
        yield endpoint


@pytest.fixture
def s3_settings(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings for a bucket that nobody used, on a machine without settings of AWS."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    bucket = f"bucket-{next(_numbers)}"
    _ask(s3_endpoint, "PUT", f"/{bucket}")
    return Settings(
        bucket=bucket,
        endpoint_url=s3_endpoint,
        region="us-east-1",
        access_key_id=SecretStr(KEY),
        secret_access_key=SecretStr(SECRET),
        connect_timeout_seconds=5,
        read_timeout_seconds=20,
        max_attempts=2,
    )


class Answer(NamedTuple):
    """What a server answers."""

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""
    missing: int = 0
    """Bytes that are announced and do not come."""


class Asked(NamedTuple):
    """What a client asked; the names of headers are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


Forward = Callable[[Asked], Answer]
Fault = Callable[[Asked, Forward], Answer | None]
"""Answers in the server's place, perhaps after asking it; None hangs up without an answer."""


def refusal(status: int, code: str) -> Fault:
    """Answer with an error of S3 and forward nothing. Its message repeats the key, as S3's own do."""
    body = f"<Error><Code>{code}</Code><Message>of {KEY}</Message><AWSAccessKeyId>{KEY}</AWSAccessKeyId></Error>"
    return lambda asked, forward: Answer(status, {"Content-Type": "application/xml"}, body.encode())


def lose_answer(asked: Asked, forward: Forward) -> None:
    """Do what is asked and hang up."""
    forward(asked)


def hang_up(asked: Asked, forward: Forward) -> None:
    """Hang up and forward nothing."""


def damage_upload(asked: Asked, forward: Forward) -> Answer:
    """Lose a byte on the way to the server."""
    return forward(asked._replace(body=asked.body[:-1]))


def damage_download(asked: Asked, forward: Forward) -> Answer:
    """Change a byte on the way back."""
    answer = forward(asked)
    return answer._replace(body=answer.body[:-1] + b"?")


def cut_off(asked: Asked, forward: Forward) -> Answer:
    """Hang up before the last byte."""
    answer = forward(asked)
    return answer._replace(body=answer.body[:-1], missing=1)


def forget_condition(asked: Asked, forward: Forward) -> Answer:
    """Ask without `If-None-Match`, like an endpoint that does not know it."""
    return forward(asked._replace(headers={k: v for k, v in asked.headers.items() if k != "if-none-match"}))


def pass_on(asked: Asked, forward: Forward) -> Answer:
    """Do what is asked."""
    return forward(asked)


class FaultyS3(ThreadingHTTPServer):
    """Forwards to a server and remembers what was asked. `faults` says what happens to the next requests, one each;
    `always` to those that no fault is left for.
    """

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Proxy)
        self.upstream = upstream
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.always: Fault = pass_on
        self._checksums: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, asked: Asked) -> Answer | None:
        """Remember the request and deal with it."""
        self.asked.append(asked)
        fault = self.faults.pop(0) if self.faults else self.always
        return fault(asked, self._forward)

    def _forward(self, asked: Asked) -> Answer:
        """Check an upload's SHA-256 and return it with a download, as S3 does; moto believes it and forgets it."""
        claimed = asked.headers.get(_CHECKSUM)
        if claimed and claimed != b64encode(sha256(asked.body).digest()).decode():
            return Answer(400, {}, b"<Error><Code>BadDigest</Code></Error>")
        answer = _ask(self.upstream, *asked)
        if claimed and answer.status == 200:
            self._checksums[asked.path] = claimed
        if asked.method == "GET" and asked.headers.get("x-amz-checksum-mode") == "ENABLED":
            answer.headers.update({_CHECKSUM: self._checksums[asked.path]} if asked.path in self._checksums else {})
        return answer


class _Proxy(BaseHTTPRequestHandler):
    server: FaultyS3
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        self.close_connection = True
        if self.headers.get("Expect") == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        answer = self.server.answer(Asked(self.command, self.path, headers, body))
        if answer is not None:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("Connection", "close")
        if self.command == "HEAD":
            self.end_headers()
            return
        self.send_header("Content-Length", str(len(answer.body) + answer.missing))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet."""


@contextmanager
def faulty_s3(upstream: str) -> Iterator[FaultyS3]:
    """Run a proxy until the block ends."""
    with FaultyS3(upstream) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _ask(server: str, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
    connection = HTTPConnection(server.removeprefix("http://"), timeout=30)
    try:
        passed = {k: v for k, v in (headers or {}).items() if k not in ("connection", "expect", "content-length")}
        connection.request(method, path, body=body, headers=passed)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()
