"""The shape that all domain models share: frozen, strict about unknown fields, ready for the wire."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


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
