"""What the pages of the reference have in common."""

import inspect
import re
from collections.abc import Sequence

_DOUBLE_SPACES = re.compile(r"\s+")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table without the columns that are empty, and nothing for no rows."""
    if not rows:
        return ""
    kept = [number for number in range(len(heads)) if any(row[number] for row in rows)]
    lines = [[line[number] for number in kept] for line in (heads, ["---"] * len(heads), *rows)]
    return "\n".join("| " + " | ".join(cell(text) for text in line) + " |" for line in lines) + "\n"


def cell(text: str) -> str:
    """Return a text that stays within its cell."""
    return _DOUBLE_SPACES.sub(" ", text).replace("|", "\\|").strip()


def code(text: object) -> str:
    """Return a text as code; empty for nothing."""
    shown = str(text)
    return f"`{shown}`" if shown else ""


def first_paragraph(thing: object) -> str:
    """Return the beginning of a docstring, on one line; empty where there is none of its own."""
    text = inspect.cleandoc(thing if isinstance(thing, str) else getattr(thing, "__doc__", None) or "")
    return _DOUBLE_SPACES.sub(" ", text.split("\n\n")[0]).strip()


def sentence(text: str) -> str:
    """Return a text that begins like a sentence."""
    return text[:1].upper() + text[1:]
