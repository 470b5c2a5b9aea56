"""The gRPC half: batches, searches and counts."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID

import grpc
import numpy as np
from weaviate.proto.v1 import (
    aggregate_pb2,
    base_pb2,
    batch_delete_pb2,
    batch_pb2,
    health_weaviate_pb2,
    search_get_pb2,
    weaviate_pb2_grpc,
)

from tests.support.weaviate_server.filters import test_of
from tests.support.weaviate_server.refusal import Refused
from tests.support.weaviate_server.search import found, result_of
from tests.support.weaviate_server.state import MAXIMUM_RESULTS, State, Stored, StoredClass, unit

Reply = TypeVar("Reply")

_CODES = {401: grpc.StatusCode.UNAUTHENTICATED, 503: grpc.StatusCode.UNAVAILABLE}


class RpcServer:
    """Listens at once; a port of 0 means any."""

    def __init__(self, state: State, port: int) -> None:
        limit = 104_858_000
        options = [
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", limit),
            ("grpc.max_send_message_length", limit),
        ]
        self._server = grpc.server(ThreadPoolExecutor(max_workers=8), options=options)
        weaviate_pb2_grpc.add_WeaviateServicer_to_server(_Weaviate(state), self._server)
        self._server.add_generic_rpc_handlers((_health(),))
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    def close(self) -> None:
        """Close the port and the connections."""
        self._server.stop(grace=None).wait()


class _Weaviate(weaviate_pb2_grpc.WeaviateServicer):
    def __init__(self, state: State) -> None:
        self._state = state

    def Search(  # noqa: N802
        self, request: search_get_pb2.SearchRequest, context: grpc.ServicerContext
    ) -> search_get_pb2.SearchReply:
        return self._answer(context, lambda: self._search(request))

    def BatchObjects(  # noqa: N802
        self, request: batch_pb2.BatchObjectsRequest, context: grpc.ServicerContext
    ) -> batch_pb2.BatchObjectsReply:
        return self._answer(context, lambda: self._batch_objects(request))

    def BatchDelete(  # noqa: N802
        self, request: batch_delete_pb2.BatchDeleteRequest, context: grpc.ServicerContext
    ) -> batch_delete_pb2.BatchDeleteReply:
        return self._answer(context, lambda: self._batch_delete(request))

    def Aggregate(  # noqa: N802
        self, request: aggregate_pb2.AggregateRequest, context: grpc.ServicerContext
    ) -> aggregate_pb2.AggregateReply:
        return self._answer(context, lambda: self._aggregate(request))

    def TenantsGet(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        def refuse() -> None:
            name = self._state.find(request.collection).name
            raise Refused(422, f"get tenants: multi-tenancy is not enabled for class {name!r}")

        return self._answer(context, refuse)

    def _answer(self, context: grpc.ServicerContext, work: Callable[[], Reply]) -> Reply:
        try:
            key = dict(context.invocation_metadata()).get("authorization")
            self._state.admit(None if key is None else str(key))
            with self._state.lock:
                return work()
        except Refused as refused:
            context.abort(_CODES.get(refused.status, grpc.StatusCode.UNKNOWN), refused.message)
            raise

    def _search(self, request: search_get_pb2.SearchRequest) -> search_get_pb2.SearchReply:
        collection = self._state.find(request.collection)
        results = [result_of(collection, each, request) for each in found(collection, request)]
        return search_get_pb2.SearchReply(results=results)

    def _batch_objects(self, request: batch_pb2.BatchObjectsRequest) -> batch_pb2.BatchObjectsReply:
        errors = []
        for index, given in enumerate(request.objects):
            try:
                if self._state.refuses_an_object():
                    raise Refused(422, "put object: store is read-only due to: disk usage too high")
                collection = self._state.find(given.collection)
                collection.put(_stored(collection, given))
            except Refused as refused:
                errors.append(batch_pb2.BatchObjectsReply.BatchError(index=index, error=refused.message))
        return batch_pb2.BatchObjectsReply(errors=errors)

    def _batch_delete(self, request: batch_delete_pb2.BatchDeleteRequest) -> batch_delete_pb2.BatchDeleteReply:
        collection = self._state.find(request.collection)
        if not request.HasField("filters"):
            raise Refused(422, "batch delete params: no filters in batch delete request")
        matches = _filtered(collection, request.filters)
        deleted = matches[:MAXIMUM_RESULTS]
        if not request.dry_run:
            for each in deleted:
                del collection.objects[each.id]
        objects = [batch_delete_pb2.BatchDeleteObject(uuid=each.id.bytes, successful=True) for each in deleted]
        return batch_delete_pb2.BatchDeleteReply(
            matches=len(matches), successful=len(deleted), objects=objects if request.verbose else []
        )

    def _aggregate(self, request: aggregate_pb2.AggregateRequest) -> aggregate_pb2.AggregateReply:
        if request.aggregations or request.HasField("group_by") or request.WhichOneof("search"):
            raise Refused(422, "this server counts objects and aggregates nothing else")
        collection = self._state.find(request.collection)
        counted = _filtered(collection, request.filters) if request.HasField("filters") else list(collection.objects)
        single = aggregate_pb2.AggregateReply.Single(objects_count=len(counted))
        return aggregate_pb2.AggregateReply(single_result=single)


def _filtered(collection: StoredClass, filters: base_pb2.Filters) -> list[Stored]:
    return list(filter(test_of(collection, filters), collection.objects.values()))


def _stored(collection: StoredClass, given: batch_pb2.BatchObject) -> Stored:
    try:
        key = UUID(given.uuid)
    except ValueError as error:
        raise Refused(422, f"invalid UUID {given.uuid!r}") from error
    rows = [(vector.name, vector.vector_bytes) for vector in given.vectors]
    if given.vector_bytes:
        rows.append((collection.vector_name([]), given.vector_bytes))
    vectors = {collection.vector_name([name]): unit(np.frombuffer(row, "<f4")) for name, row in rows if row}
    return Stored(key, dict(_values(given.properties.non_ref_properties.items())), vectors)


def _values(items: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    for name, value in items:
        if not isinstance(value, str | float | bool | None):
            raise Refused(422, f"this server knows no nested properties: {name!r}")
        yield name, value


def _health() -> grpc.GenericRpcHandler:
    def check(request: Any, context: grpc.ServicerContext) -> health_weaviate_pb2.WeaviateHealthCheckResponse:
        return health_weaviate_pb2.WeaviateHealthCheckResponse(status="SERVING")

    handler = grpc.unary_unary_rpc_method_handler(
        check,
        request_deserializer=health_weaviate_pb2.WeaviateHealthCheckRequest.FromString,
        response_serializer=health_weaviate_pb2.WeaviateHealthCheckResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": handler})
