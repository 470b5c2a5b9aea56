"""The nearest vectors of a class: from its index, or by comparing all."""

from collections.abc import Sequence
from operator import mul
from typing import cast

from rookery.adapters.vector_stores.weaviate.collections import GROUP, ID, VECTOR, group_key, in_parts
from rookery.adapters.vector_stores.weaviate.one_class import MAXIMUM_RESULTS, WeaviateClass
from rookery.domain.ports.vector_store import VectorHit

_GROUPS_AT_ONCE = 10_000
_FETCHED_BEYOND = 16


async def nearest(there: WeaviateClass, row: list[float], limit: int, groups: Sequence[str] | None) -> list[VectorHit]:
    """Return the nearest vectors in no order, and more than `limit`: all that tie with the last one wanted."""
    parts: list[Sequence[str] | None] = [None] if groups is None else list(in_parts(groups, _GROUPS_AT_ONCE))
    hits: list[VectorHit] = []
    for part in parts:
        found = await _from_index(there, row, limit, part)
        if found is None:
            return await _from_everything(there, row, groups)
        hits += found
    return hits


async def _from_index(
    there: WeaviateClass, row: list[float], limit: int, groups: Sequence[str] | None
) -> list[VectorHit] | None:
    """Fetch beyond the limit until the tie at its edge is complete; None when an answer cannot hold it."""
    wanted = min(limit + _FETCHED_BEYOND, MAXIMUM_RESULTS)
    while True:
        hits = await there.nearest(row, wanted, groups)
        if len(hits) < wanted or (limit < wanted and hits[limit - 1].similarity > hits[-1].similarity):
            return hits
        if wanted == MAXIMUM_RESULTS:
            return None
        wanted = min(wanted * 8, MAXIMUM_RESULTS)


async def _from_everything(there: WeaviateClass, row: list[float], groups: Sequence[str] | None) -> list[VectorHit]:
    keys = None if groups is None else set(map(group_key, groups))
    return [
        VectorHit(found.properties[ID], sum(map(mul, row, cast("list[float]", found.vector[VECTOR]))))
        async for found in there.everything(vectors=True)
        if keys is None or str(found.properties[GROUP]) in keys
    ]
