"""Runs by the beginnings of their ids."""

from typing import TYPE_CHECKING

from rookery.domain.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from rookery.domain.runs import Run
    from rookery.entrypoints.container import Container

SHOWN = 13
"""Characters of an id that lists show: no two runs of this machine share them, unless begun in the same millisecond."""

_SHORTEST, _PAGE = 4, 200


async def find_run(container: "Container", given: str) -> "Run":
    """Return the run of an id, or the only one whose id begins like that.

    Raises:
        NotFound: there is none.
        InvalidRequest: there are several.
    """
    run_store = container.run_store()
    try:
        return await run_store.get(given)
    except NotFound:
        if len(given) < _SHORTEST:
            raise
        found = await _beginning(container, given.lower())
        if not found:
            raise
    if len(found) > 1:
        told = ", ".join(run.id for run in found[:3])
        raise InvalidRequest(f"{len(found)} runs begin with {given}: {told}{' …' if len(found) > 3 else ''}")
    return found[0]


async def _beginning(container: "Container", given: str) -> "list[Run]":
    found, cursor = [], None
    while True:
        page = await container.run_store().page(limit=_PAGE, cursor=cursor)
        found += [run for run in page.items if run.id.startswith(given)]
        cursor = page.next_cursor
        if cursor is None:
            return found
