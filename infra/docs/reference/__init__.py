"""The reference, written from the code: what it says cannot grow old."""

from collections.abc import Callable, Mapping
from pathlib import Path

from infra.docs.reference import adapters, cli, errors, events, rest, settings

PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": cli.page,
    "rest.md": rest.page,
    "settings.md": settings.page,
    "adapters.md": adapters.page,
    "events.md": events.page,
    "errors.md": errors.page,
}


def write(folder: Path) -> None:
    """Write all pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), "utf-8")
