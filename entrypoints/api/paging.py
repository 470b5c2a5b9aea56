"""Pages of lists that are kept whole."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from typing import Annotated, TypeVar

from fastapi import Query

from rookery.domain.errors import InvalidRequest
from rookery.entrypoints.api.schemas import Page

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=200, description="how many at most")]
Cursor = Annotated[str | None, Query(max_length=2000, description="`next_cursor` of the page before")]


def page_of(items: Iterable[T], place: Callable[[T], tuple[str, ...]], *, limit: int, cursor: str | None) -> Page[T]:
    """Return the items after a cursor, in the order of their places; what is gone in between matters not.

    Raises:
        InvalidRequest: the cursor is none of ours.
    """
    after = () if cursor is None else _read(cursor)
    rest = sorted((item for item in items if place(item) > after), key=place)
    return Page(items=rest[:limit], next_cursor=_written(place(rest[limit - 1])) if len(rest) > limit else None)


def _written(place: tuple[str, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[str, ...]:
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        place = None
    if not isinstance(place, list) or not all(isinstance(part, str) for part in place):
        raise InvalidRequest("this cursor is none of ours; use the `next_cursor` of a page")
    return tuple(place)
