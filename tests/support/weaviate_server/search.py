"""Searches: by a vector, by a filter, or page by page along the ids."""

from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from weaviate.proto.v1 import base_pb2, base_search_pb2, properties_pb2, search_get_pb2

from tests.support.weaviate_server.filters import test_of
from tests.support.weaviate_server.refusal import Refused
from tests.support.weaviate_server.state import MAXIMUM_RESULTS, Row, Stored, StoredClass, unit

_DEFAULT_LIMIT = 10
_UNKNOWN_HERE = ("hybrid_search", "bm25_search", "near_object", "near_text", "near_image", "group_by", "generative")


class Found(NamedTuple):
    """An object and, after a search by a vector, how far it is."""

    stored: Stored
    distance: float | None = None


def found(collection: StoredClass, request: search_get_pb2.SearchRequest) -> list[Found]:
    """Return what is searched for, the nearest first; in the order of the ids when no vector is given.

    Raises:
        Refused: the page lies beyond the limit, or something that does not go together is asked for.
    """
    for name in _UNKNOWN_HERE:
        if request.HasField(name):
            raise Refused(422, f"this server does not know {name}")
    if request.sort_by or request.tenant or request.autocut:
        raise Refused(422, "this server does not know sort_by, tenant and autocut")
    limit = request.limit or _DEFAULT_LIMIT
    if request.offset + limit > MAXIMUM_RESULTS:
        raise Refused(
            422,
            f"query maximum results exceeded: the total limit calculated from the provided offset '{request.offset}' "
            f"and limit '{limit}' exceeds the configured value for QUERY_MAXIMUM_RESULTS '{MAXIMUM_RESULTS}'",
        )
    if request.after:
        return _page(collection, request)[:limit]
    candidates = sorted(_candidates(collection, request), key=lambda stored: stored.id.bytes)
    all_found = [Found(stored) for stored in candidates]
    if request.HasField("near_vector"):
        all_found = _nearest(collection, candidates, request.near_vector)
    return all_found[request.offset : request.offset + limit]


def _page(collection: StoredClass, request: search_get_pb2.SearchRequest) -> list[Found]:
    if request.offset or request.HasField("filters"):
        raise Refused(
            422, "cursor api: invalid 'after' parameter: offset, where cannot be set with after and limit parameters"
        )
    try:
        after = UUID(request.after).bytes
    except ValueError as error:
        raise Refused(422, f"after parameter '{request.after}' is not a valid uuid") from error
    keys = sorted((key for key in collection.objects if key.bytes > after), key=lambda key: key.bytes)
    return [Found(collection.objects[key]) for key in keys]


def _candidates(collection: StoredClass, request: search_get_pb2.SearchRequest) -> list[Stored]:
    stored = collection.objects.values()
    if not request.HasField("filters"):
        return list(stored)
    return list(filter(test_of(collection, request.filters), stored))


def _nearest(collection: StoredClass, candidates: list[Stored], near: base_search_pb2.NearVector) -> list[Found]:
    name = collection.vector_name([*near.targets.target_vectors, *near.target_vectors])
    query = unit(_query(near))
    candidates = [stored for stored in candidates if name in stored.vectors]
    known = collection.dimensions.get(name, len(query))
    if known != len(query):
        raise Refused(
            422,
            f"vector search: knn search: distance between entrypoint and query node: "
            f"vector lengths don't match: {len(query)} vs {known}",
        )
    if not candidates:
        return []
    rows = np.stack([stored.vectors[name] for stored in candidates])
    distances = np.float32(1) - (rows * query).sum(axis=1)  # row by row, so that equal rows are equally far
    order = np.argsort(distances, kind="stable")
    return [Found(candidates[index], float(distances[index])) for index in order]


def _query(near: base_search_pb2.NearVector) -> Row:
    if near.HasField("distance") or near.HasField("certainty"):
        raise Refused(422, "this server does not know distance and certainty as limits")
    given = [near.vector_bytes, *(each.vector_bytes for each in near.vectors)]
    given += [vector.vector_bytes for each in near.vector_for_targets for vector in each.vectors]
    given += [each.vector_bytes for each in near.vector_for_targets]
    rows = [row for row in given if row]
    if len(rows) != 1:
        raise Refused(422, f"near_vector: one vector is needed and {len(rows)} are given")
    return np.frombuffer(rows[0], "<f4")


def result_of(
    collection: StoredClass, each: Found, request: search_get_pb2.SearchRequest
) -> search_get_pb2.SearchResult:
    """Return an object with what was asked for of it."""
    asked = request.metadata
    metadata = search_get_pb2.MetadataResult()
    if asked.uuid:
        metadata.id, metadata.id_as_bytes = str(each.stored.id), each.stored.id.bytes
    if asked.distance and each.distance is not None:
        metadata.distance, metadata.distance_present = each.distance, True
    if asked.creation_time_unix:
        metadata.creation_time_unix, metadata.creation_time_unix_present = each.stored.created, True
    if asked.last_update_time_unix:
        metadata.last_update_time_unix, metadata.last_update_time_unix_present = each.stored.updated, True
    if asked.is_consistent:
        metadata.is_consistent, metadata.is_consistent_present = True, True
    for name in asked.vectors or (list(each.stored.vectors) if asked.vector else []):
        if name in each.stored.vectors:
            row, kind = each.stored.vectors[name], base_pb2.Vectors.VECTOR_TYPE_SINGLE_FP32
            metadata.vectors.append(base_pb2.Vectors(name=name, vector_bytes=row.tobytes(), type=kind))
    properties = search_get_pb2.PropertiesResult(
        non_ref_props=_properties(collection, each.stored, request), target_collection=collection.name
    )
    return search_get_pb2.SearchResult(metadata=metadata, properties=properties)


def _properties(
    collection: StoredClass, stored: Stored, request: search_get_pb2.SearchRequest
) -> properties_pb2.Properties:
    names: Any = request.properties.non_ref_properties
    if request.properties.return_all_nonref_properties or not request.HasField("properties"):
        names = [known["name"] for known in collection.definition["properties"]]
    kinds = {name: collection.property(name)["dataType"][0] for name in names}
    return properties_pb2.Properties(fields={name: _value(kinds[name], stored.properties.get(name)) for name in names})


def _value(kind: str, value: Any) -> properties_pb2.Value:
    match kind:
        case _ if value is None:
            return properties_pb2.Value(null_value="NULL_VALUE")
        case "text":
            return properties_pb2.Value(text_value=value)
        case "uuid":
            return properties_pb2.Value(uuid_value=value)
        case "int":
            return properties_pb2.Value(int_value=int(value))
        case "number":
            return properties_pb2.Value(number_value=value)
        case _:
            raise Refused(422, f"this server does not give back properties of type {kind!r}")
