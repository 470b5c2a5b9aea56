"""The data plane of one index."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.pinecone_server import checks
from tests.support.pinecone_server.filters import passes
from tests.support.pinecone_server.listener import Answer, Refusal, Request, Route
from tests.support.pinecone_server.space import Space, Stored

_MOST_IN_A_CALL = 1_000
_MOST_HITS = 10_000
_MOST_RESULT_BYTES = 4 * 1024 * 1024
_LISTED = 100


class Index:
    """Namespaces of vectors of one dimension, compared by cosine."""

    def __init__(self, name: str, dimension: int, deployment: dict[str, Any]) -> None:
        self.name = name
        self.dimension = dimension
        self.deployment = deployment
        self.host = ""
        self.describes_until_ready = 0
        self.late_reads = 0
        """How many queries after each write do not see it."""
        self.spaces: dict[str, Space] = {}

    def routes(self, method: str, path: Sequence[str]) -> Route | None:
        """Return what answers a request."""
        if path[0] == "namespaces" and len(path) == 2:
            return {"GET": self._describe_namespace, "DELETE": self._delete_namespace}.get(method)
        return {
            "POST vectors/upsert": self._upsert,
            "POST vectors/update": self._update,
            "POST vectors/delete": self._delete,
            "POST vectors/fetch_by_metadata": self._fetch_by_metadata,
            "GET vectors/fetch": self._fetch,
            "GET vectors/list": self._list,
            "POST query": self._query,
            "POST describe_index_stats": self._stats,
            "GET namespaces": self._list_namespaces,
        }.get(f"{method} {'/'.join(path)}")

    def _upsert(self, request: Request) -> Answer:
        given = request.body.get("vectors", [])
        checks.at_most(len(given), _MOST_IN_A_CALL, "The number of vectors")
        stored = {one["id"]: checks.vector(one, self.dimension) for one in given}
        space = self.spaces.setdefault(_namespace(request.body), Space())
        position = space.write(lambda vectors: vectors.update(stored), late_reads=self.late_reads)
        return _written(position, {"upsertedCount": len(given)})

    def _update(self, request: Request) -> Answer:
        space = self._space(request.body)
        found = space.vectors.get(request.body.get("id", ""))
        if found is None:
            raise Refusal(404, 5, "Vector not found")
        changed = {
            "id": found.id,
            "values": request.body.get("values") or found.values,
            "metadata": found.metadata | request.body.get("setMetadata", {}),
        }
        stored = checks.vector(changed, self.dimension)
        position = space.write(lambda vectors: vectors.update({found.id: stored}), late_reads=self.late_reads)
        return _written(position, {})

    def _delete(self, request: Request) -> Answer:
        space = self._space(request.body)
        doomed = self._doomed(space, request.body)

        def remove(vectors: dict[str, Stored]) -> None:
            for name in doomed:
                vectors.pop(name, None)

        return _written(space.write(remove, late_reads=self.late_reads), {})

    def _doomed(self, space: Space, body: Mapping[str, Any]) -> list[str]:
        if body.get("deleteAll"):
            return list(space.vectors)
        if body.get("filter"):
            test = passes(body["filter"])
            return [one.id for one in space.vectors.values() if test(one.metadata)]
        checks.at_most(len(body.get("ids", [])), _MOST_IN_A_CALL, "The number of ids")
        return list(body["ids"])

    def _query(self, request: Request) -> Answer:
        body = request.body
        checks.at_most(body.get("topK", 0), _MOST_HITS, "topK")
        checks.of_dimension(body.get("vector", []), self.dimension, "Query vector")
        if not any(body["vector"]):
            raise Refusal(400, 3, "Dense vectors must contain at least one non-zero value.")
        test = passes(body["filter"]) if body.get("filter") else None
        space = self.spaces.get(_namespace(body), Space())
        hits, seen = space.nearest(body["vector"], body["topK"], test)
        matches = [{"id": one.id, "score": score, **_asked(one, body)} for one, score in hits]
        if len(json.dumps(matches)) > _MOST_RESULT_BYTES:
            raise Refusal(400, 11, "Query result is larger than 4MB; ask for less")
        answer = {"matches": matches, "namespace": _namespace(body), "usage": {"readUnits": 1}}
        return Answer(200, answer, {"x-pinecone-max-indexed-lsn": str(seen)})

    def _fetch(self, request: Request) -> Answer:
        names = request.params.get("ids", [])
        checks.at_most(len(names), _MOST_IN_A_CALL, "The number of ids")
        space = self.spaces.get(request.param("namespace"), Space())
        found = {name: space.vectors[name].wire for name in names if name in space.vectors}
        return Answer(200, {"vectors": found, "namespace": request.param("namespace"), "usage": {"readUnits": 1}})

    def _fetch_by_metadata(self, request: Request) -> Answer:
        space = self.spaces.get(_namespace(request.body), Space())
        test = passes(request.body["filter"])
        passing = [one.id for one in space.vectors.values() if test(one.metadata)]
        page, more = _page(passing, request.body.get("limit", _LISTED), request.body.get("paginationToken", ""))
        found = {name: space.vectors[name].wire for name in page}
        return Answer(200, {"vectors": found, "namespace": _namespace(request.body), **more})

    def _list(self, request: Request) -> Answer:
        space = self.spaces.get(request.param("namespace"), Space())
        limit = int(request.param("limit", str(_LISTED)))
        checks.at_most(limit, _LISTED, "limit")
        names = sorted(name for name in space.vectors if name.startswith(request.param("prefix")))
        page, more = _page(names, limit, request.param("paginationToken"))
        listed = {"vectors": [{"id": name} for name in page], "namespace": request.param("namespace")}
        return Answer(200, {**listed, **more, "usage": {"readUnits": 1}})

    def _stats(self, _: Request) -> Answer:
        counts = {name: {"vectorCount": len(space.vectors)} for name, space in self.spaces.items()}
        total = sum(len(space.vectors) for space in self.spaces.values())
        shape = {"dimension": self.dimension, "metric": "cosine", "vectorType": "dense", "indexFullness": 0}
        return Answer(200, {"namespaces": counts, "totalVectorCount": total, **shape})

    def _list_namespaces(self, request: Request) -> Answer:
        names = sorted(name for name in self.spaces if name.startswith(request.param("prefix")))
        page, more = _page(names, int(request.param("limit", str(_LISTED))), request.param("paginationToken"))
        described = [self._description(name) for name in page]
        return Answer(200, {"namespaces": described, "total_count": len(names), **more})

    def _describe_namespace(self, request: Request) -> Answer:
        self._space({"namespace": request.path[1]})
        return Answer(200, self._description(request.path[1]))

    def _delete_namespace(self, request: Request) -> Answer:
        self._space({"namespace": request.path[1]})
        del self.spaces[request.path[1]]
        return Answer(202, {})

    def _description(self, name: str) -> dict[str, Any]:
        return {"name": name, "record_count": str(len(self.spaces[name].vectors))}

    def _space(self, body: Mapping[str, Any]) -> Space:
        """Return a namespace that exists. Only reads may name one that does not."""
        found = self.spaces.get(_namespace(body))
        if found is None:
            raise Refusal(404, 5, "Namespace not found")
        return found


def _namespace(body: Mapping[str, Any]) -> str:
    name = str(body.get("namespace", ""))
    checks.identifier(name or "__default__")
    return name


def _asked(one: Stored, body: Mapping[str, Any]) -> dict[str, Any]:
    parts = {"includeValues": "values", "includeMetadata": "metadata"}
    return {part: one.wire[part] for option, part in parts.items() if body.get(option)}


def _page(names: Sequence[str], limit: int, token: str) -> tuple[Sequence[str], dict[str, Any]]:
    start = int(token or 0)
    end = start + limit
    return names[start:end], ({"pagination": {"next": str(end)}} if end < len(names) else {})


def _written(position: int, body: dict[str, Any]) -> Answer:
    return Answer(200, body, {"x-pinecone-request-lsn": str(position)})
