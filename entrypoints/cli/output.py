"""Where output goes: results to stdout, everything else to stderr."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console


class Download(Protocol):
    """How far an adapter is with fetching something."""

    @property
    def file(self) -> str: ...
    @property
    def received(self) -> int: ...
    @property
    def total(self) -> int: ...


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]


def out() -> "Console":
    """Return the console of results."""
    from rich.console import Console

    return Console(highlight=False)


def err() -> "Console":
    """Return the console of progress and complaints."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def complain(message: str) -> None:
    """Say what went wrong."""
    from rich.text import Text

    from rookery.domain.redaction import redact

    message = redact(message).text
    err().print(Text.assemble(("rookery: ", "bold red"), message), soft_wrap=True)


class Downloads:
    """Tells on stderr how far a download is, at each tenth of it."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def __call__(self, progress: Download) -> None:
        """Take note of `progress.received` bytes of `progress.total`."""
        tenth = 10 * progress.received // max(1, progress.total)
        if tenth > self._told.get(progress.file, -1):
            self._told[progress.file] = tenth
            err().print(f"fetching {progress.file}: {progress.received / 1e6:.0f} of {progress.total / 1e6:.0f} MB")


def print_json(value: "BaseModel | Sequence[BaseModel] | dict[str, Any]") -> None:
    """Print one JSON document."""
    from pydantic import TypeAdapter

    plain = TypeAdapter(object).dump_python(value, mode="json")
    sys.stdout.write(json.dumps(plain, ensure_ascii=False, indent=2) + "\n")


def size(count: int) -> str:
    """Return a number of bytes in words."""
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def duration(seconds: float) -> str:
    """Return a duration in words."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
