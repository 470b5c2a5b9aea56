"""What stands behind each port."""

from infra.docs.reference.words import code, first_paragraph, table
from rookery.entrypoints.plugins import GROUPS, available

_INTRODUCTION = """# Adapters

Each is registered under an entry-point group and chosen by its name; packages of others can bring more. Their
settings are on [the page of the settings](settings.md).

"""


def page() -> str:
    """Return the page: a table for each group that has something."""
    return _INTRODUCTION + "\n".join(_group(group) for group in GROUPS if available(group))


def _group(group: str) -> str:
    rows = [[code(name), first_paragraph(entry.load())] for name, entry in available(group).items()]
    return f"## rookery.{group}\n\n{table(['Name', 'What it does'], rows)}"
