"""How the home stands: its databases, the index of documents, who may look into it, what was left behind."""

import asyncio
from pathlib import Path

from rookery.adapters.homes import mending
from rookery.adapters.homes.databases import check_database
from rookery.domain.errors import RookeryError
from rookery.entrypoints import homes
from rookery.entrypoints.container import Container
from rookery.entrypoints.findings import Finding

_FIX = "`rookery doctor --fix`"


async def look_at_home(container: Container) -> list[Finding]:
    """Look at the files of the home, and at what was made from them."""
    home = container.home()
    return [await asyncio.to_thread(_databases, home), await _documents(container), _access(home), _left(container)]


def _databases(home: Path) -> Finding:
    paths = [home / schema.file for schema in homes.ALL if (home / schema.file).is_file()]
    try:
        problems = {path.name: check_database(path) for path in paths}
    except RookeryError as error:
        return Finding(name="databases", state="broken", detail=str(error))
    damaged = [f"{name}: {found[0]}" for name, found in problems.items() if found]
    if damaged:
        detail = f"{'; '.join(damaged)}; {_FIX} makes an index anew, the others are to be restored from a backup"
        return Finding(name="databases", state="broken", detail=detail)
    return Finding(name="databases", state="ok", detail=f"{len(paths)}, all sound")


async def _documents(container: Container) -> Finding:
    store = container.settings().research.vector_store
    try:
        missing = await container.restore_passages().missing(container.vector_store())
    except RookeryError as error:
        return Finding(name="documents", state="broken", detail=str(error))
    if missing:
        detail = f"{missing} passages are not in {store}, so they are found by words only; {_FIX} puts them there"
        return Finding(name="documents", state="missing", detail=detail)
    return Finding(name="documents", state="ok", detail=f"all passages are in {store}")


def _access(home: Path) -> Finding:
    if mending.is_open_to_others(home):
        detail = f"everybody on this machine may look into {home}; {_FIX} closes it"
        return Finding(name="access", state="missing", detail=detail)
    return Finding(name="access", state="ok", detail="the home is closed to others of this machine")


def _left(container: Container) -> Finding:
    home = container.home()
    aside = [f"{path.name}, from before a restore, can be removed by you" for path in mending.put_aside(home)]
    half = mending.half_downloads(home, container.clock().now())
    told = [
        *(["what a restore had unpacked when it was cut short"] if mending.is_begun(home) else []),
        *([f"downloads that were given up ({len(half)} files)"] if half else []),
    ]
    if told:
        return Finding(name="leftovers", state="missing", detail="; ".join([*told, f"{_FIX} removes them", *aside]))
    return Finding(name="leftovers", state="ok", detail="; ".join(aside) or "none")
