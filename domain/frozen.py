"""The shape that all domain models share: frozen, strict about unknown fields, ready for the wire."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict


class Frozen(BaseModel):
    """An immutable value; two of them are equal when their fields are."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _to_utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("in UTC this moment lies outside the years 1 to 9999") from error


Timestamp = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A moment in UTC. Times without a zone are refused."""


def _no_number(value: object) -> object:
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError("write the moment out, as 2026-11-22T12:00:00Z")
    return value


def _only_number(value: object) -> object:
    if isinstance(value, bool | str):
        raise ValueError("a number is needed")
    return value


_NUMBER = re.compile(r"\s*[+-]?[\d._]+(?:[eE][+-]?\d+)?\s*")
WrittenTime = Annotated[Timestamp, BeforeValidator(_no_number)]
"""A moment that is written out. Of a number nobody knows whether it counts seconds or milliseconds, and since when."""
Whole = Annotated[int, BeforeValidator(_only_number)]
"""A whole number; neither a text that looks like one nor true and false."""
Real = Annotated[float, BeforeValidator(_only_number)]
"""A number; neither a text that looks like one nor true and false."""
