"""The home as a whole: which databases it has, how it is opened, and what can be made again."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rookery.adapters.approval_stores import sqlite as approvals
from rookery.adapters.corrections import sqlite as corrections
from rookery.adapters.homes.contents import is_half_restored
from rookery.adapters.homes.databases import stored_version
from rookery.adapters.inboxes import sqlite as inbox
from rookery.adapters.journals import sqlite as journal
from rookery.adapters.libraries import sqlite as library
from rookery.adapters.memory_indexes import reads as memory_index
from rookery.adapters.request_ledgers import sqlite as requests
from rookery.adapters.run_stores import sqlite as runs
from rookery.adapters.snapshot_stores import sqlite as snapshots
from rookery.adapters.support.services import ledger as deliveries
from rookery.adapters.support.sqlite import Schema
from rookery.adapters.sync_ledgers import sqlite as sync
from rookery.adapters.token_stores import sqlite as tokens
from rookery.adapters.tool_pins import sqlite as pins
from rookery.entrypoints.settings import Settings

if TYPE_CHECKING:
    from rookery.adapters.homes.backup import Layout

KEPT: Sequence[Schema] = (
    inbox.SCHEMA,
    requests.SCHEMA,
    corrections.SCHEMA,
    runs.SCHEMA,
    approvals.SCHEMA,
    deliveries.SCHEMA,
    sync.SCHEMA,
    journal.SCHEMA,
    library.SCHEMA,
    tokens.SCHEMA,
    pins.SCHEMA,
    snapshots.SCHEMA,
)
"""The databases that cannot be made again, in the order in which a backup copies them (see `make_backup`)."""

ALL = (*KEPT, memory_index.SCHEMA)
_CHROMA = "chroma"


def layout(settings: Settings) -> "Layout":
    """Return what a backup must know of a home."""
    from rookery.adapters.homes.backup import Layout

    vectors = Path(str(settings.vector_stores.get("chroma", {}).get("path", _CHROMA)))
    indexes = [memory_index.SCHEMA.file, _CHROMA, *(vectors.parts[:1] if not vectors.is_absolute() else ())]
    return Layout([schema.file for schema in KEPT], indexes)


def ready_home(settings: Settings) -> Path:
    """Return the home as `open_home` does; where there is none, make one that is closed to others."""
    home = open_home(settings)
    with suppress(OSError):  # whoever needs the home says what is wrong with it
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return home


def open_home(settings: Settings) -> Path:
    """Return the home, once it is whole and of a version that this Rookery knows. Nothing is made there.

    Raises:
        StorageError: a newer Rookery has written to it, or a restore that was cut short cannot be finished.
    """
    home = settings.home
    if is_half_restored(home):
        from rookery.adapters.homes.restore import finish

        finish(home)
    for schema in KEPT:
        schema.refuse_newer(home, stored_version(home / schema.file))
    return home
