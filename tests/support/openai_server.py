"""A server on this machine that speaks OpenAI's embeddings, and refuses when it is told to."""

import base64
import hashlib
import json
import math
import re
import struct
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

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


class Reply(NamedTuple):
    """What to answer instead; the status may also be `HANG_UP` or `NO_ANSWER`."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = {}


class OpenAIServer(ThreadingHTTPServer):
    """Embeds words by hashing, gives vectors that are not of unit length, and the last one first.

    Args:
        key: what must be sent as the bearer; None: nothing need be.
    """

    def __init__(self, key: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.key = key
        self.received: list[Received] = []
        self.replies: deque[Reply] = deque()
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def openai_server(key: str | None = None) -> Iterator[OpenAIServer]:
    """Serve until the block ends."""
    with OpenAIServer(key) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join()


def answer(vectors: Sequence[Sequence[float] | str | None], indexes: Sequence[int] | None = None) -> Reply:
    """Return an answer with these vectors, whether or not they make sense."""
    numbered = zip(indexes or range(len(vectors)), vectors, strict=True)
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in numbered]
    return Reply(200, json.dumps({"object": "list", "data": data, "model": "m", "usage": {"total_tokens": 1}}))


def fault(status: int, message: str, *, code: str | None = None, **headers: str) -> Reply:
    """Return an error in OpenAI's form; `retry_after` gives the header `Retry-After`."""
    error = {"message": message, "type": "some_error", "param": None, "code": code}
    return Reply(status, json.dumps({"error": error}), {name.replace("_", "-"): headers[name] for name in headers})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: OpenAIServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(Received(self.path, dict(self.headers), body))
        reply = self.server.replies.popleft() if self.server.replies else self._honest(body)
        if reply.status == NO_ANSWER:
            self.server.stopping.wait()
        if reply.status in (NO_ANSWER, HANG_UP):
            self.close_connection = True
            return
        self._send(reply)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet."""

    def _send(self, reply: Reply) -> None:
        content = reply.body.encode("utf-8")
        self.send_response_only(reply.status)
        for name, value in ({"Content-Type": "application/json"} | dict(reply.headers)).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _honest(self, body: bytes) -> Reply:
        if self.path != "/v1/embeddings":
            return fault(404, f"Invalid URL (POST {self.path})")
        if self.server.key is not None and self.headers["Authorization"] != f"Bearer {self.server.key}":
            return fault(401, f"Incorrect API key provided: {self.headers['Authorization']}", code="invalid_api_key")
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
