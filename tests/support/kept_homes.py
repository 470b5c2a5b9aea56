"""Homes with something of every kind in them, and backups of them."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from rookery.adapters.homes.archive import opened
from rookery.adapters.homes.backup import Made, Progress, make_backup
from rookery.adapters.homes.restore import put_in_place
from rookery.entrypoints import homes
from rookery.entrypoints.settings import Settings
from tests.support.old_homes import old_home

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
KEPT_FILES = {"agents/historian.toml": "role = 'historian'\n", "workspaces/run-1/notes/a: plan.md": "# Plan\n"}
MADE_AGAIN = {"chroma/chroma.sqlite3": "x", "locks/run-1.lock": "", "llama/backends.json": "{}", "sync.lock": ""}
MODEL = "models/tiny.gguf"


def lived_in(home: Path) -> Path:
    """Return a home with something of every kind in it."""
    old_home("with-calls", home)
    for path, text in {**KEPT_FILES, **MADE_AGAIN, MODEL: "GGUF", "models/big.gguf.part": "GG"}.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(text)
    return home


def back_up(home: Path, file: Path, *, models: bool = False, tell: Callable[[Progress], None] = lambda _: None) -> Made:
    """Make a backup of a home."""
    layout = homes.layout(Settings(home=home))
    return make_backup(home, file, layout, version="0.1", made_at=NOON, models=models, tell=tell)


def put_back(
    file: Path, home: Path, *, replace: bool = False, tell: Callable[[Progress], None] = lambda _: None
) -> Path | None:
    """Restore a backup; return where what was there is."""
    with opened(file) as kept:
        return put_in_place(kept, home, homes.KEPT, now=NOON, replace=replace, tell=tell)


def held(home: Path) -> dict[str, list[str]]:
    """Return all that the databases hold which cannot be made again, as SQL."""
    found = {}
    for schema in homes.KEPT:
        if (home / schema.file).is_file():
            with closing(sqlite3.connect(home / schema.file)) as database:
                found[schema.file] = list(database.iterdump())
    return found
