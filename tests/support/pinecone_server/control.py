"""The control plane: making, describing, listing and deleting indexes."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from tests.support.pinecone_server.index import Index
from tests.support.pinecone_server.listener import Answer, Request, Route

_CLOUDS = {"aws", "gcp", "azure"}
_METRICS = {"cosine", "dotproduct", "euclidean"}


class Control:
    """Keeps the indexes of a project.

    Args:
        indexes: by name.
        serve: opens a port for a new index.
        retire: closes the port of a deleted one.
    """

    def __init__(
        self, indexes: dict[str, Index], serve: Callable[[Index], None], retire: Callable[[str], None]
    ) -> None:
        self._indexes = indexes
        self._serve = serve
        self._retire = retire

    def routes(self, method: str, path: Sequence[str]) -> Route | None:
        """Return what answers a request."""
        if path[0] != "indexes" or len(path) > 2:
            return None
        collection = {"GET": self._list, "POST": self._create}
        one = {"GET": self._describe, "DELETE": self._delete}
        return (collection if len(path) == 1 else one).get(method)

    def _list(self, _: Request) -> Answer:
        return Answer(200, {"indexes": [_description(index) for index in self._indexes.values()]})

    def _describe(self, request: Request) -> Answer:
        index = self._indexes.get(request.path[1])
        if index is None:
            return _missing(request.path[1])
        answer = Answer(200, _description(index))
        index.describes_until_ready = max(0, index.describes_until_ready - 1)
        return answer

    def _create(self, request: Request) -> Answer:
        fault = _fault(request.body)
        if fault:
            return _refused(400, "INVALID_ARGUMENT", fault)
        name = request.body["name"]
        if name in self._indexes:
            return _refused(409, "ALREADY_EXISTS", "Resource already exists")
        field = request.body["schema"]["fields"]["_values"]
        index = Index(name, field["dimension"], request.body["deployment"])
        self._serve(index)
        self._indexes[name] = index
        return Answer(201, _description(index))

    def _delete(self, request: Request) -> Answer:
        if self._indexes.pop(request.path[1], None) is None:
            return _missing(request.path[1])
        self._retire(request.path[1])
        return Answer(202, {})


def _description(index: Index) -> dict[str, Any]:
    ready = index.describes_until_ready == 0
    return {
        "name": index.name,
        "host": index.host if ready else None,
        "status": {"ready": ready, "state": "Ready" if ready else "Initializing"},
        "schema": {
            "fields": {
                "_values": {"type": "dense_vector", "dimension": index.dimension, "metric": "cosine"},
            }
        },
        "deployment": index.deployment,
        "deletion_protection": "disabled",
        "read_capacity": {"mode": "OnDemand", "status": {"state": "Ready"}},
        "tags": None,
    }


def _fault(body: dict[str, Any]) -> str | None:
    name = str(body.get("name", ""))
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,43}[a-z0-9])?", name):
        return "Name must consist of lower case alphanumeric characters or '-', and must be 1 to 45 of them"
    deployment = body.get("deployment", {})
    if deployment.get("deployment_type") != "managed" or deployment.get("cloud") not in _CLOUDS:
        return f"no such place: {deployment}"
    fields = body.get("schema", {}).get("fields", {})
    if set(fields) != {"_values"} or fields["_values"].get("type") != "dense_vector":
        return "this server keeps vectors only"
    if fields["_values"].get("metric") not in _METRICS - {"dotproduct", "euclidean"}:
        return "this server knows the cosine only"
    return None if 1 <= fields["_values"].get("dimension", 0) <= 20_000 else "Dimension must be between 1 and 20000"


def _missing(name: str) -> Answer:
    return _refused(404, "NOT_FOUND", f"Resource {name} not found")


def _refused(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"status": status, "error": {"code": code, "message": message}})
