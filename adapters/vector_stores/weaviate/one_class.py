"""One class of a Weaviate server, request by request."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rookery.adapters.vector_stores.weaviate.collections import (
    GROUP,
    ID,
    NOTE,
    NOTE_ID,
    VECTOR,
    Tuning,
    group_key,
    in_parts,
    properties,
    vector_config,
)
from rookery.adapters.vector_stores.weaviate.connection import Connection
from rookery.domain.errors import VectorStoreError
from rookery.domain.ports.vector_store import VectorHit

if TYPE_CHECKING:
    from weaviate.client import WeaviateAsyncClient
    from weaviate.collections.classes.filters import FilterReturn
    from weaviate.collections.classes.internal import Object
    from weaviate.collections.collection import CollectionAsync

    from rookery.adapters.vector_stores.weaviate.collections import Stored

    Class = CollectionAsync[dict[str, Any], None]
    Row = Object[dict[str, Any], None]

MAXIMUM_RESULTS = 10_000
"""What a server gives in one answer, unless its QUERY_MAXIMUM_RESULTS is set otherwise."""

_PAGE = 1000
_IDS_AT_ONCE = 1000


class WeaviateClass:
    """Requests to a class that may not be there.

    Everything raises `VectorStoreError` as `Connection.call` does.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    async def description(self) -> str | None:
        """Return the class's description, `""` without one; None when there is no such class.

        It is asked for before every request by gRPC: it comes by HTTP, which tells at once when nobody is there.
        """

        async def ask(client: "WeaviateAsyncClient") -> str | None:
            from weaviate.exceptions import UnexpectedStatusCodeError

            try:
                return (await self._in(client).config.get(simple=True)).description or ""
            except UnexpectedStatusCodeError as error:
                if error.status_code == 404:
                    return None
                raise

        return await self._connection.call(ask)

    async def create(self, description: str, tuning: Tuning) -> None:
        """Make the class; nothing happens when another was faster."""

        async def make(client: "WeaviateAsyncClient") -> None:
            from weaviate.exceptions import UnexpectedStatusCodeError

            try:
                await client.collections.create(
                    self._name, description=description, properties=properties(), vector_config=vector_config(tuning)
                )
            except UnexpectedStatusCodeError:
                if not await client.collections.exists(self._name):
                    raise

        await self._connection.call(make)

    async def drop(self) -> None:
        """Remove the class with its objects; one that is not there changes nothing."""
        await self._connection.call(lambda client: client.collections.delete(self._name))

    async def insert(self, objects: "Sequence[Stored]") -> None:
        """Store the objects, each in place of one of the same id."""

        async def store(client: "WeaviateAsyncClient") -> dict[int, str]:
            from weaviate.exceptions import WeaviateInsertManyAllFailedError

            try:
                answer = await self._in(client).data.insert_many(objects)
            except WeaviateInsertManyAllFailedError as error:
                return dict.fromkeys(range(len(objects)), error.message)
            return {index: error.message for index, error in answer.errors.items()}

        if errors := await self._connection.call(store):
            first = next(iter(errors.values()))
            raise self._partly(f"{len(errors)} of {len(objects)} objects were not stored: {first}")

    async def nearest(self, row: list[float], limit: int, groups: Collection[str] | None) -> list[VectorHit]:
        """Return the nearest vectors that the index finds, at most `MAXIMUM_RESULTS`."""
        from weaviate.classes.query import Filter, MetadataQuery

        where = None if groups is None else Filter.by_property(GROUP).contains_any(list(map(group_key, groups)))
        answer = await self._connection.call(
            lambda client: self._in(client).query.near_vector(
                near_vector=row,
                target_vector=VECTOR,
                limit=limit,
                filters=where,
                return_metadata=MetadataQuery(distance=True),
                return_properties=[ID],
            )
        )
        return [VectorHit(found.properties[ID], 1.0 - (found.metadata.distance or 0.0)) for found in answer.objects]

    async def ids(self, group: str) -> list[str]:
        """Return the ids of a group's vectors, at most `MAXIMUM_RESULTS`."""
        from weaviate.classes.query import Filter

        where = Filter.by_property(GROUP).equal(group_key(group))
        answer = await self._connection.call(
            lambda client: self._in(client).query.fetch_objects(
                filters=where, limit=MAXIMUM_RESULTS, return_properties=[ID]
            )
        )
        return [found.properties[ID] for found in answer.objects]

    async def everything(self, *, vectors: bool) -> "AsyncIterator[Row]":
        """Give every object that stands for a vector, page by page, as filters and pages do not go together."""
        after: UUID | None = None
        while page := await self._page(after, vectors=vectors):
            for found in page:
                if found.uuid != NOTE_ID:
                    yield found
            after = page[-1].uuid

    async def count(self) -> int:
        """Return how many vectors there are."""
        total = await self._connection.call(lambda client: self._in(client).aggregate.over_all(total_count=True))
        noted = await self._connection.call(lambda client: self._in(client).data.exists(NOTE_ID))
        return (total.total_count or 0) - noted

    async def note(self) -> str | None:
        """Return the note."""
        found = await self._connection.call(
            lambda client: self._in(client).query.fetch_object_by_id(NOTE_ID, return_properties=[NOTE])
        )
        return None if found is None else str(found.properties[NOTE])

    async def set_note(self, note: str) -> None:
        """Replace the note."""
        from weaviate.classes.data import DataObject

        await self.insert([DataObject(uuid=NOTE_ID, properties={NOTE: note})])

    async def delete_group(self, group: str) -> None:
        """Remove the objects of a group."""
        from weaviate.classes.query import Filter

        await self._delete(Filter.by_property(GROUP).equal(group_key(group)))

    async def delete(self, ids: Sequence[UUID]) -> None:
        """Remove the objects of these ids."""
        from weaviate.classes.query import Filter

        for part in in_parts(ids, _IDS_AT_ONCE):
            await self._delete(Filter.by_id().contains_any(list(part)))

    async def _delete(self, where: "FilterReturn") -> None:
        """Repeat, since one request removes `MAXIMUM_RESULTS` objects and no more."""
        while True:
            done = await self._connection.call(lambda client: self._in(client).data.delete_many(where))
            if done.failed:
                raise self._partly(f"{done.failed} of {done.matches} objects were not removed")
            if done.matches <= done.successful:
                return

    async def _page(self, after: UUID | None, *, vectors: bool) -> "Sequence[Row]":
        answer = await self._connection.call(
            lambda client: self._in(client).query.fetch_objects(
                limit=_PAGE, after=after, include_vector=vectors, return_properties=[ID, GROUP]
            )
        )
        return answer.objects

    def _in(self, client: "WeaviateAsyncClient") -> "Class":
        return client.collections.use(self._name)

    def _partly(self, what: str) -> VectorStoreError:
        """What we send was checked, so it is the state of the server that an object is refused for."""
        return VectorStoreError(
            f"Weaviate at {self._connection.where}: {what}; see to its disk, its memory and its log, and try again",
            retryable=True,
        )
