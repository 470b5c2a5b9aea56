"""What Weaviate does and refuses, and what the adapter relies on.

It runs against the server for tests, and against a real one when `ROOKERY_TEST_WEAVIATE_URL` names it (with
`ROOKERY_TEST_WEAVIATE_GRPC_PORT`, 50051 by default): both must answer alike. `infra/compose.yaml` has one
(profile `weaviate`).
"""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import pytest
import weaviate
from weaviate.classes.config import Configure, DataType, Property, Tokenization
from weaviate.classes.data import DataObject
from weaviate.classes.query import Filter, MetadataQuery
from weaviate.collections import Collection
from weaviate.exceptions import (
    UnexpectedStatusCodeError,
    WeaviateInsertManyAllFailedError,
    WeaviateInvalidInputError,
    WeaviateQueryError,
)

from tests.support.weaviate_server import weaviate_server

Things = Collection[dict[str, Any], None]

NAME = "RookeryWireTest"
SPACE = UUID("00000000-0000-5000-8000-000000000000")


@pytest.fixture(scope="module")
def client() -> Iterator[weaviate.WeaviateClient]:
    if url := os.environ.get("ROOKERY_TEST_WEAVIATE_URL"):
        with _connect(url, int(os.environ.get("ROOKERY_TEST_WEAVIATE_GRPC_PORT", "50051"))) as connected:
            yield connected
    else:
        with weaviate_server() as server, _connect(server.http_url, server.grpc_port) as connected:
            yield connected


def _connect(url: str, grpc_port: int) -> weaviate.WeaviateClient:
    parts = urlsplit(url)
    return weaviate.connect_to_custom(
        http_host=parts.hostname or "",
        http_port=parts.port or 80,
        http_secure=False,
        grpc_host=parts.hostname or "",
        grpc_port=grpc_port,
        grpc_secure=False,
        skip_init_checks=True,
    )


@pytest.fixture
def things(client: weaviate.WeaviateClient) -> Iterator[Things]:
    client.collections.delete(NAME)
    yield _create(client, NAME)
    client.collections.delete(NAME)


def _create(client: weaviate.WeaviateClient, name: str) -> Things:
    return client.collections.create(
        name,
        properties=[
            Property(name="word", data_type=DataType.TEXT, tokenization=Tokenization.FIELD),
            Property(name="key", data_type=DataType.UUID),
            Property(name="hidden", data_type=DataType.TEXT, index_filterable=False, index_searchable=False),
        ],
        vector_config=Configure.Vectors.self_provided(),
    )


def _thing(name: str, vector: list[float] | None = None, **properties: str) -> DataObject[dict[str, Any], None]:
    return DataObject(
        uuid=uuid5(SPACE, name),
        properties={"word": name, **properties},
        vector=None if vector is None else {"default": vector},
    )


def _words(things: Things, where: Any = None) -> set[str]:
    return {str(found.properties["word"]) for found in things.query.fetch_objects(filters=where, limit=100).objects}


@pytest.mark.parametrize("name", ["1st", "With-Hyphen", "Ünder", "W" * 300])
def test_a_class_has_a_plain_name(client: weaviate.WeaviateClient, name: str) -> None:
    with pytest.raises(UnexpectedStatusCodeError, match="422"):
        _create(client, name)


def test_a_class_is_made_once(client: weaviate.WeaviateClient, things: Things) -> None:
    with pytest.raises(UnexpectedStatusCodeError, match="already exists"):
        _create(client, things.name)


def test_a_class_that_is_not_there_can_be_deleted_and_not_described(client: weaviate.WeaviateClient) -> None:
    client.collections.delete(NAME)
    with pytest.raises(UnexpectedStatusCodeError) as caught:
        client.collections.use(NAME).config.get(simple=True)
    assert caught.value.status_code == 404


def test_an_unknown_class_is_refused(client: weaviate.WeaviateClient) -> None:
    with pytest.raises(WeaviateQueryError, match="could not find class"):
        client.collections.use("RookeryNowhere").query.fetch_objects(limit=1)


def test_an_object_is_replaced_by_one_of_the_same_id(things: Things) -> None:
    things.data.insert_many([_thing("a", [1.0, 0.0])])
    things.data.insert_many([_thing("a", [0.0, 1.0], hidden="new")])
    (found,) = things.query.fetch_objects(limit=5, include_vector=True).objects
    assert found.properties["hidden"] == "new"
    assert found.vector["default"] == [0.0, 1.0]


def test_all_vectors_have_the_length_of_the_first_one(things: Things) -> None:
    things.data.insert_many([_thing("a", [1.0, 0.0])])
    answer = things.data.insert_many([_thing("b", [0.0, 1.0]), _thing("c", [1.0, 0.0, 0.0])])
    assert list(answer.errors) == [1]
    assert "vector with length 3" in answer.errors[1].message
    assert _words(things) == {"a", "b"}
    with pytest.raises(WeaviateQueryError, match=r"vector (lengths|dimensions)"):
        things.query.near_vector([1.0, 0.0, 0.0], limit=1)


def test_properties_are_known_and_of_their_type(things: Things) -> None:
    answer = things.data.insert_many([_thing("a"), _thing("b", key="no uuid"), _thing("c", unknown="x")])
    assert sorted(answer.errors) == [1, 2]
    with pytest.raises(WeaviateInsertManyAllFailedError):
        things.data.insert_many([_thing("b", key="no uuid")])


def test_an_object_without_a_vector_is_there_and_not_near(things: Things) -> None:
    things.data.insert_many([_thing("a", [3.0, 4.0]), _thing("zero", [0.0, 0.0]), _thing("bare")])
    assert things.aggregate.over_all(total_count=True).total_count == 3
    found = things.query.near_vector([1.0, 0.0], limit=9, return_metadata=MetadataQuery(distance=True)).objects
    assert [each.properties["word"] for each in found] == ["a", "zero"]
    assert [each.metadata.distance for each in found] == pytest.approx([0.4, 1.0], abs=1e-6)


def test_filters_of_text_do_not_see_the_spaces_around_it(things: Things) -> None:
    things.data.insert_many([_thing("a"), _thing(" a "), _thing("b")])
    assert _words(things, Filter.by_property("word").equal("a")) == {"a", " a "}
    assert _words(things, Filter.by_property("word").contains_any(["b", "c"])) == {"b"}


def test_filters_join_ids_and_keys(things: Things) -> None:
    keys = {name: str(uuid5(SPACE, f"key of {name}")) for name in "abc"}
    things.data.insert_many([_thing(name, key=key) for name, key in keys.items()])
    by_id, by_key = Filter.by_id(), Filter.by_property("key")
    assert _words(things, by_id.contains_any([uuid5(SPACE, "a"), uuid5(SPACE, "b")])) == {"a", "b"}
    assert _words(things, by_id.not_equal(uuid5(SPACE, "a"))) == {"b", "c"}
    assert _words(things, by_key.equal(keys["c"]) | by_key.equal(keys["a"])) == {"a", "c"}
    assert _words(things, by_key.contains_any(list(keys.values())) & by_id.equal(uuid5(SPACE, "b"))) == {"b"}


def test_what_has_no_index_or_another_type_is_not_filtered_by(things: Things) -> None:
    things.data.insert_many([_thing("a", hidden="x")])
    for where in (
        Filter.by_property("hidden").equal("x"),
        Filter.by_property("word").equal(3),
        Filter.by_property("nowhere").equal("x"),
    ):
        with pytest.raises(WeaviateQueryError):
            things.query.fetch_objects(filters=where, limit=1)
    with pytest.raises(WeaviateInvalidInputError):
        things.query.fetch_objects(filters=Filter.by_property("word").contains_any([]), limit=1)


def test_pages_follow_the_ids_and_take_no_filter(things: Things) -> None:
    things.data.insert_many([_thing(name) for name in "abcde"])
    first = things.query.fetch_objects(limit=3).objects
    rest = things.query.fetch_objects(limit=3, after=first[-1].uuid).objects
    ids = [each.uuid.int for each in [*first, *rest]]
    assert ids == sorted(uuid5(SPACE, name).int for name in "abcde")
    with pytest.raises(WeaviateQueryError, match="after"):
        things.query.fetch_objects(limit=3, after=first[-1].uuid, filters=Filter.by_property("word").equal("e"))


def test_an_answer_holds_no_more_than_the_maximum(things: Things) -> None:
    things.data.insert_many([_thing("a", [1.0, 0.0])])
    assert len(things.query.near_vector([1.0, 0.0], limit=10_000).objects) == 1
    for limit, offset in ((10_001, 0), (10_000, 1)):
        with pytest.raises(WeaviateQueryError, match="QUERY_MAXIMUM_RESULTS"):
            things.query.near_vector([1.0, 0.0], limit=limit, offset=offset)


def test_a_delete_tells_what_it_removed(things: Things) -> None:
    things.data.insert_many([_thing(name) for name in "abc"])
    done = things.data.delete_many(Filter.by_property("word").contains_any(["a", "b", "z"]))
    assert (done.matches, done.successful, done.failed) == (2, 2, 0)
    assert _words(things) == {"c"}
