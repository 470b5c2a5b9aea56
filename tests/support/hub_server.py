"""A hub on this machine that speaks the Hugging Face hub's protocol, and a store on another port that holds its files.

As the real one does: repositories are asked for by revision and answer with a commit; the tree comes in pages joined by
the header `Link`; large files are redirected to the store by a signed address, with `X-Linked-Etag`, `X-Linked-Size`
and `X-Repo-Commit`; the store knows ranges, and refuses whoever brings the hub's token; refusals carry `X-Error-Code`.
"""

import hashlib
import json
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_" + "not_a_real_token_0123456789"
PAGE = 3


class Seen(NamedTuple):
    """A request."""

    method: str
    path: str
    headers: Mapping[str, str]


class Fault(NamedTuple):
    """What goes wrong with one answer: a status, an answer cut after some bytes, or a range that is not heeded."""

    kind: str
    number: int = 0


class Repository:
    """The files of a repository, all at one commit.

    Args:
        files: contents by path; those longer than `lfs_from` are kept in the store.
        gated: whether a licence must be accepted, and by whom it was: by the holder of these tokens.
    """

    def __init__(
        self, files: Mapping[str, bytes], *, gated: bool = False, granted: tuple[str, ...] = (), lfs_from: int = 1000
    ) -> None:
        self.files = dict(files)
        self.gated, self.granted, self.lfs_from = gated, granted, lfs_from

    @property
    def commit(self) -> str:
        """Changes with the files."""
        known = "".join(f"{path}{hashlib.sha1(data).hexdigest()}" for path, data in sorted(self.files.items()))
        return hashlib.sha1(known.encode()).hexdigest()

    def entry(self, path: str) -> dict[str, object]:
        """As the tree lists it."""
        data = self.files[path]
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        entry: dict[str, object] = {"type": "file", "oid": blob, "size": len(data), "path": path}
        if len(data) >= self.lfs_from:
            oid = hashlib.sha256(data).hexdigest()
            entry |= {"lfs": {"oid": oid, "size": len(data), "pointerSize": 134}, "xetHash": oid}
        return entry


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.seen: list[Seen] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Store(_Server):
    """Where large files lie.

    `faults` are done to the next answers. With a `gate`, half of each answer waits until it is opened; `reached` tells
    that one was begun.
    """

    def __init__(self) -> None:
        super().__init__(_StoreHandler)
        self.blobs: dict[str, bytes] = {}
        self.faults: deque[Fault] = deque()
        self.gate: threading.Event | None = None
        self.reached = threading.Event()


class Hub(_Server):
    """The hub. `pages_at` is another server where its lists go on; `nonsense` is what it answers instead."""

    def __init__(self, store: Store, repositories: Mapping[str, Repository], token: str | None) -> None:
        super().__init__(_HubHandler)
        self.store = store
        self.repositories = dict(repositories)
        self.token = token
        self.pages_at: str | None = None
        self.nonsense: bytes | None = None

    def asked(self, method: str, part: str) -> list[Seen]:
        """Return the requests whose path contains a part."""
        return [seen for seen in self.seen if seen.method == method and part in seen.path]


@contextmanager
def hub_server(repositories: Mapping[str, Repository], *, token: str | None = None) -> Iterator[Hub]:
    """Serve until the block ends. With a token, private and gated things are told from those that are not there."""
    with Store() as store, Hub(store, repositories, token) as hub:
        servers: list[_Server] = [store, hub]
        threads = [threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01}) for one in servers]
        for thread in threads:
            thread.start()
        try:
            yield hub
        finally:
            if store.gate is not None:
                store.gate.set()
            for one in servers:
                one.shutdown()
            for thread in threads:
                thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet."""

    def note(self) -> None:
        assert isinstance(self.server, _Server)
        self.server.seen.append(Seen(self.command, self.path, dict(self.headers)))

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status: int, code: str, message: str) -> None:
        body = json.dumps({"error": message}).encode()
        self.answer(status, body, X_Error_Code=code, X_Error_Message=message)


class _HubHandler(_Handler):
    server: Hub

    def do_GET(self) -> None:
        self.note()
        if self.server.nonsense is not None:
            self.answer(200, self.server.nonsense)
            return
        path = unquote(urlsplit(self.path).path)
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/(revision|tree)/(.+)", path):
            self.api(*found.groups())
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self.resolve(*found.groups())
        else:
            self.answer(404, b"Not Found")

    @property
    def bearer(self) -> str | None:
        return (self.headers["Authorization"] or "").removeprefix("Bearer ") or None

    def repository(self, name: str) -> Repository | None:
        if self.bearer is not None and self.server.token is not None and self.bearer != self.server.token:
            self.answer(401, b'{"error":"Invalid credentials in Authorization header"}')
            return None
        if name not in self.server.repositories:
            self.refuse(401 if self.bearer is None else 404, "RepoNotFound", "Repository not found")
            return None
        return self.server.repositories[name]

    def api(self, name: str, what: str, revision: str) -> None:
        repository = self.repository(name)
        if repository is None:
            return
        if revision not in ("main", repository.commit):
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        elif what == "revision":
            siblings = [{"rfilename": path} for path in repository.files]
            described = {"id": name, "sha": repository.commit, "gated": repository.gated, "siblings": siblings}
            self.answer(200, json.dumps(described).encode(), Content_Type="application/json")
        else:
            self.tree(repository)

    def tree(self, repository: Repository) -> None:
        start = int(parse_qs(urlsplit(self.path).query).get("cursor", ["0"])[0])
        paths = sorted(repository.files)
        folders = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": "quants"}] if start == 0 else []
        entries = [*folders, *(repository.entry(path) for path in paths[start : start + PAGE])]
        more = {}
        if start + PAGE < len(paths):
            page = f"{urlsplit(self.path).path}?recursive=true&cursor={start + PAGE}"
            more = {"Link": f'<{self.server.pages_at or self.server.url}{page}>; rel="next"'}
        self.answer(200, json.dumps(entries).encode(), Content_Type="application/json", **more)

    def resolve(self, name: str, revision: str, path: str) -> None:
        repository = self.repository(name)
        if repository is None:
            return
        if repository.gated and self.bearer not in repository.granted:
            status = 401 if self.bearer is None else 403
            self.refuse(status, "GatedRepo", f"Access to model {name} is restricted. You must have access to it")
        elif revision not in ("main", repository.commit):
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        elif path not in repository.files:
            self.refuse(404, "EntryNotFound", "Entry not found")
        else:
            self.hand_out(repository, path)

    def hand_out(self, repository: Repository, path: str) -> None:
        entry, data = repository.entry(path), repository.files[path]
        lfs = entry.get("lfs")
        if not isinstance(lfs, dict):
            self.answer(200, data, ETag=f'"{entry["oid"]}"', X_Repo_Commit=repository.commit)
            return
        self.server.store.blobs.setdefault(lfs["oid"], data)
        self.answer(
            302,
            X_Linked_Etag=f'"{lfs["oid"]}"',
            X_Linked_Size=str(lfs["size"]),
            X_Repo_Commit=repository.commit,
            Location=f"{self.server.store.url}/blobs/{lfs['oid']}?Expires=1&Signature=sealed",
        )


class _StoreHandler(_Handler):
    server: Store

    def do_GET(self) -> None:
        self.note()
        self.server.reached.set()
        if "Authorization" in self.headers:
            self.answer(400, b"Only one auth mechanism allowed")
            return
        data = self.server.blobs[urlsplit(self.path).path.rpartition("/")[2]]
        fault = self.server.faults.popleft() if self.server.faults else Fault("none")
        if fault.kind == "status":
            self.answer(fault.number)
            return
        ranged = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "") if fault.kind != "no ranges" else None
        start = int(ranged[1]) if ranged else 0
        if start >= len(data):
            self.answer(416, Content_Range=f"bytes */{len(data)}")
            return
        self.hand_out(data, start, fault, partial=ranged is not None)

    def hand_out(self, data: bytes, start: int, fault: Fault, *, partial: bool) -> None:
        body = data[start:]
        self.send_response_only(206 if partial else 200)
        if partial:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("ETag", '"of-the-store"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault.kind == "cut":
            self.wfile.write(body[: fault.number])
            self.close_connection = True
            return
        if self.server.gate is not None:
            half = len(body) // 2
            self.wfile.write(body[:half])
            self.wfile.flush()
            self.server.gate.wait()
            body = body[half:]
        self.wfile.write(body)
