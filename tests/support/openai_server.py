"""A server on this machine that speaks OpenAI's embeddings and chats, and refuses when it is told to."""

import base64
import contextlib
import hashlib
import json
import math
import re
import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from tests.support.openai_chat import ASIDE, Chat, ChatAsked, Reply, fault

MODELS = {"text-embedding-3-small": 48, "text-embedding-3-large": 96}
HANG_UP = 0
NO_ANSWER = -1


class Asked(BaseModel):
    """The body of a request; the real server is as strict."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: str
    input: str | list[str]
    encoding_format: str = "float"
    dimensions: int | None = None


class Received(NamedTuple):
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def asked(self) -> Asked:
        return Asked.model_validate_json(self.body)

    @property
    def chat(self) -> ChatAsked:
        return ChatAsked.model_validate_json(self.body)


class OpenAIServer(ThreadingHTTPServer):
    """Embeds words by hashing, gives vectors that are not of unit length, and the last one first.

    `replies` are given instead, in order, to what is embedded or completed, which `received` holds. What is asked
    about the server itself is in `looked_up`.

    Args:
        key: what must be sent as the bearer; None: nothing need be.
        chat: the model that completes chats.
        host: the address to listen on.
    """

    request_queue_size = 128

    def __init__(self, key: str | None = None, chat: Chat | None = None, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), _Handler)
        self.host = host
        self.key = key
        self.chat = chat or Chat()
        self.received: list[Received] = []
        self.looked_up: list[str] = []
        self.connections = 0
        self.open: set[socket.socket] = set()
        self.replies: deque[Reply] = deque()
        self.stopping = threading.Event()
        self.is_silent = threading.Event()
        self.was_left = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no error of the server's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def hang_up(self) -> None:
        """End the connections that are kept open."""
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.server_port}/v1"


@contextmanager
def openai_server(
    key: str | None = None, chat: Chat | None = None, *, host: str = "127.0.0.1"
) -> Iterator[OpenAIServer]:
    """Serve until the block ends."""
    with OpenAIServer(key, chat, host) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join()
            server.hang_up()


def answer(vectors: Sequence[Sequence[float] | str | None], indexes: Sequence[int] | None = None) -> Reply:
    """Return an answer with these vectors, whether or not they make sense."""
    numbered = zip(indexes or range(len(vectors)), vectors, strict=True)
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in numbered]
    return Reply(200, json.dumps({"object": "list", "data": data, "model": "m", "usage": {"total_tokens": 1}}))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: OpenAIServer

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        with contextlib.suppress(OSError):  # what was hung up cannot be flushed
            super().finish()

    def do_GET(self) -> None:
        self.server.looked_up.append(self.path)
        self._send(self._refusal() or self.server.chat.tell(self.path, b""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path in ASIDE:
            self.server.looked_up.append(self.path)
            self._send(self._refusal() or self.server.chat.tell(self.path, body))
            return
        self.server.received.append(Received(self.path, dict(self.headers), body))
        reply = self.server.replies.popleft() if self.server.replies else self._honest(body)
        if reply.status == NO_ANSWER:
            self._wait_until_left()
        if reply.status in (NO_ANSWER, HANG_UP):
            self.close_connection = True
            return
        self._send(reply)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet."""

    def _send(self, reply: Reply) -> None:
        if reply.pieces is not None:
            self._stream(reply)
            return
        content = reply.body.encode("utf-8")
        self.send_response_only(reply.status)
        for name, value in ({"Content-Type": "application/json"} | dict(reply.headers)).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, reply: Reply) -> None:
        """Send each piece as a chunk of its own; one that breaks off lacks the chunk that says it is over."""
        self.send_response_only(reply.status)
        for name, value in ({"Content-Type": "text/event-stream"} | dict(reply.headers)).items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in reply.pieces or []:
            if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.flush()
        if reply.breaks_off:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _wait_until_left(self) -> None:
        """Say nothing until the other side hangs up, or the server stops."""
        self.server.is_silent.set()
        self.connection.settimeout(0.05)
        while not self.server.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                if not self.connection.recv(1):
                    self.server.was_left.set()
                    return

    def _refusal(self) -> Reply | None:
        if self.server.key is not None and self.headers["Authorization"] != f"Bearer {self.server.key}":
            return fault(401, f"Incorrect API key provided: {self.headers['Authorization']}", code="invalid_api_key")
        return None

    def _honest(self, body: bytes) -> Reply:
        if self.path not in ("/v1/embeddings", "/v1/chat/completions"):
            return fault(404, f"Invalid URL (POST {self.path})")
        return self._refusal() or (self._embedded(body) if "embed" in self.path else self.server.chat.complete(body))

    def _embedded(self, body: bytes) -> Reply:
        try:
            asked = Asked.model_validate_json(body)
        except ValidationError as error:
            return fault(400, str(error))
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        if asked.model not in MODELS:
            return fault(404, f"The model `{asked.model}` does not exist", code="model_not_found")
        if not all(texts) or len(texts) > 2048:
            return fault(400, "'$.input' is invalid")
        return _embed(texts, asked.dimensions or MODELS[asked.model], asked.encoding_format)


def _embed(texts: Sequence[str], dimension: int, encoding: str) -> Reply:
    vectors = [_vector(text, dimension) for text in texts]
    last_first = list(reversed(range(len(vectors))))
    encoded = [_base64(vectors[index]) if encoding == "base64" else vectors[index] for index in last_first]
    return answer(encoded, last_first)


def _vector(text: str, dimension: int) -> list[float]:
    vector = [0.0] * dimension
    for word in re.findall(r"\w+", text.casefold()) or [""]:
        digest = hashlib.sha256(word.encode("utf-8")).digest()
        vector[int.from_bytes(digest[1:9], "big") % dimension] += 3.0 if digest[0] % 2 else -3.0
    return vector if math.hypot(*vector) > 0 else [1.0, *vector[1:]]


def _base64(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")
