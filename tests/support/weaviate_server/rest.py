"""The REST half: the schema, single objects, and how the server is."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

import numpy as np

from tests.support.weaviate_server.refusal import Refused
from tests.support.weaviate_server.schema import Json
from tests.support.weaviate_server.state import State, Stored, StoredClass, unit

Answer = tuple[int, Any]

META = {"hostname": "http://[::]:8080", "version": "1.38.11", "modules": {}, "grpcMaxMessageSize": 104_858_000}


class RestServer:
    """Listens at once; a port of 0 means any."""

    def __init__(self, state: State, port: int) -> None:
        self._http = _Listener(("127.0.0.1", port), _Handler)
        self._http.state = state
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def close(self) -> None:
        """Close the port and the connections."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        self._http.hang_up()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    state: State

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Listener

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = [unquote(part) for part in urlsplit(self.path).path.removeprefix("/v1/").split("/")]
        try:
            status, answer = self._answer(path, json.loads(body) if body else {})
        except Refused as refused:
            status, answer = refused.status, {"error": [{"message": refused.message}]}
            if status == 401:
                answer = {"code": 401, "message": refused.message}
        self._send(status, answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _handle  # noqa: N815

    def _answer(self, path: list[str], body: Json) -> Answer:
        state = self.server.state
        if path[0] == ".well-known" and path[1:] != ["openid-configuration"]:
            return 200, None
        state.admit(self.headers.get("Authorization"))
        with state.lock:
            match self.command, path:
                case "GET", ["meta"]:
                    return 200, META
                case _, ["schema", *rest]:
                    return _schema(state, self.command, rest, body)
                case _, ["objects", *rest]:
                    return _objects(state, self.command, rest, body)
                case _:
                    return 404, {"code": 404, "message": f"path {self.path} was not found"}

    def _send(self, status: int, answer: Any) -> None:
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        if content:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep the tests' output clean."""


def _schema(state: State, method: str, path: list[str], body: Json) -> Answer:
    match method, path:
        case "GET", []:
            return 200, {"classes": [each.definition for each in state.classes.values()]}
        case "POST", []:
            return 200, state.create(body)
        case "GET", [name]:
            return (200, state.classes[name].definition) if name in state.classes else (404, None)
        case "PUT", [name]:
            return 200, state.redefine(name, body)
        case "DELETE", [name]:
            state.classes.pop(name, None)
            return 200, None
        case _:
            return 405, {"code": 405, "message": f"method {method} is not allowed"}


def _objects(state: State, method: str, path: list[str], body: Json) -> Answer:
    match method, path:
        case "POST", []:
            return 200, _put(state.find(str(body.get("class"))), body, new=True)
        case "PUT", [name, key]:
            return 200, _put(state.find(name), body | {"id": key}, new=False)
        case (("GET" | "HEAD" | "DELETE"), [name, key]):
            return _one(state.find(name), method, _uuid(key))
        case _:
            return 405, {"code": 405, "message": f"method {method} is not allowed"}


def _one(collection: StoredClass, method: str, key: UUID) -> Answer:
    stored = collection.objects.get(key)
    if stored is None:
        return 404, None
    if method == "DELETE":
        del collection.objects[key]
    return (200, _json(collection, stored)) if method == "GET" else (204, None)


def _put(collection: StoredClass, body: Json, *, new: bool) -> Json:
    key = _uuid(body.get("id") or str(uuid4()))
    if new and key in collection.objects:
        raise Refused(422, f"id '{key}' already exists")
    if not new and key not in collection.objects:
        raise Refused(404, f"no object with id '{key}'")
    vectors = dict(body.get("vectors") or {})
    if body.get("vector"):
        vectors[collection.vector_name([])] = body["vector"]
    rows = {collection.vector_name([name]): unit(np.asarray(row, np.float32)) for name, row in vectors.items()}
    stored = Stored(key, dict(body.get("properties") or {}), rows)
    collection.put(stored)
    return _json(collection, stored)


def _json(collection: StoredClass, stored: Stored) -> Json:
    vectors = {name: row.tolist() for name, row in stored.vectors.items()}
    return {"class": collection.name, "id": str(stored.id), "properties": stored.properties, "vectors": vectors}


def _uuid(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as error:
        raise Refused(422, f"id in path must be of type uuid: {text!r}") from error
