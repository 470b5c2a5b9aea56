"""Where output goes: results to stdout, everything else to stderr."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console

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

    err().print(Text.assemble(("rookery: ", "bold red"), message), soft_wrap=True)


def print_json(value: "BaseModel | Sequence[BaseModel] | dict[str, Any]") -> None:
    """Print one JSON document."""
    from pydantic import TypeAdapter

    plain = TypeAdapter(object).dump_python(value, mode="json")
    sys.stdout.write(json.dumps(plain, ensure_ascii=False, indent=2) + "\n")
