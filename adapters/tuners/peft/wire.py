"""What the adapter and its process say to each other: one JSON document a line.

The adapter sends a `Training` and keeps the pipe open: when it closes, the process ends. The process answers by any
number of `Progress`, then one `Trained` or `Refused`.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, TypeAdapter

from rookery.domain.lessons import Progress, Trained


class Step(BaseModel):
    """A step was made."""

    type: Literal["step"] = "step"
    progress: Progress


class Done(BaseModel):
    """The adapter is written."""

    type: Literal["done"] = "done"
    trained: Trained


class Refused(BaseModel):
    """There will be no adapter; why, and what to do."""

    type: Literal["refused"] = "refused"
    why: str


def part_of(out: Path) -> Path:
    """Return where an adapter is written until it is whole."""
    return out.with_name(out.name + ".part")


ANSWER: TypeAdapter[Step | Done | Refused] = TypeAdapter(Step | Done | Refused)
