"""Mending a home: what can be mended without losing anything, each mend told in a line."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

from rookery.adapters.homes import mending
from rookery.adapters.homes.contents import is_half_restored
from rookery.adapters.homes.databases import check_database, stored_version
from rookery.adapters.homes.restore import forget_begun
from rookery.adapters.support.sqlite import Schema
from rookery.domain.errors import NotFound, RookeryError
from rookery.entrypoints import homes
from rookery.entrypoints.container import Container
from rookery.entrypoints.settings import Settings


def mend_files(settings: Settings, now: datetime) -> Iterator[str]:
    """Mend what can be mended while nothing of the home is open here, and yield each mend in words.

    Raises:
        StorageError: the home cannot be written, or a newer Rookery has written to it.
    """
    home = settings.home
    if not home.is_dir():
        return
    was_half = is_half_restored(home)
    homes.open_home(settings)
    if was_half:
        yield "a restore that was cut short is finished"
    if forget_begun(home):
        yield "what a restore had unpacked when it was cut short is removed; it had changed nothing"
    if mending.is_open_to_others(home):
        mending.close_to_others(home)
        yield f"{home} is closed to others of this machine"
    left = mending.half_downloads(home, now)
    mending.remove(*left)
    if left:
        yield f"what is left of downloads that were given up is removed: {', '.join(path.name for path in left)}"
    for schema in homes.ALL:
        yield from _mend_database(home, schema)


def _mend_database(home: Path, schema: Schema) -> Iterator[str]:
    path, known = home / schema.file, len(schema.migrations)
    if not path.is_file():
        return
    if not schema.durable and check_database(path):
        mending.remove(path, *(path.with_name(f"{path.name}-{log}") for log in ("wal", "shm")))
        yield f"{path.name} was damaged and is removed; it is made again from the journal"
    elif (before := stored_version(path)) < known:
        database = schema.at(home)
        database.run_now(lambda _: None)
        database.close()
        yield f"{path.name} is brought from schema {before} to {known}"


async def mend_state(container: Container) -> AsyncIterator[str]:
    """Mend what needs the stores, and yield each mend in words. What cannot be mended is left for the diagnosis."""
    removed = 0
    for run_id, path in mending.run_locks(container.home()):
        if await _is_over(container, run_id) and not await container.orchestrator().is_running(run_id):
            mending.remove(path)
            removed += 1
    if removed:
        yield f"locks of runs that are over are removed: {removed}"
    before = await _missing(container)
    await make_indexes(container)
    if before and not await _missing(container):
        yield "the index of documents lacked some, and has them all now"


async def _missing(container: Container) -> int:
    """Return how many passages are not in the index; one that cannot be asked lacks at least one."""
    try:
        return await container.restore_passages().missing(container.vector_store())
    except RookeryError:
        return 1


async def make_indexes(container: Container) -> list[str]:
    """Make the indexes of memories and documents where they lack something; return in words what could not be made."""
    projection = container.projection()
    try:
        await projection.catch_up()
        await projection.mirror()
        await container.restore_passages()(container.vector_store())
    except RookeryError as error:
        return [str(error)]
    return projection.trouble


async def _is_over(container: Container, run_id: str) -> bool:
    try:
        run = await container.run_store().get(run_id)
    except NotFound:
        return False
    return run.finished_at is not None
