"""Making a backup: one ZIP file with all that a home holds and a manifest of it."""

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from rookery.adapters.homes.contents import Contents, contents
from rookery.adapters.homes.databases import copy_database
from rookery.domain.backups import KeptFile, Manifest
from rookery.domain.errors import Conflict, InvalidRequest, NotFound, StorageError

MANIFEST = "manifest.json"
_CHUNK = 1 << 20
_DENSE = (".gguf", ".safetensors", ".onnx", ".zip", ".gz", ".png", ".jpg", ".pdf")
_DATE = (1980, 1, 1, 0, 0, 0)  # of the entries; the manifest says when it was made


class Progress(NamedTuple):
    """How far it is, in bytes."""

    file: str
    done: int
    total: int


class Layout(NamedTuple):
    """What is known of a home.

    Attributes:
        order: its databases, in the order in which they must be copied: what points to something before that.
        left_out: what else lies at the top and can be made again.
    """

    order: Sequence[str]
    left_out: Sequence[str]


class Made(NamedTuple):
    """A backup that was made, and what of the home is not in it although it might be missed: links, odd names."""

    manifest: Manifest
    odd: list[str]


def make_backup(
    home: Path,
    file: Path,
    layout: Layout,
    *,
    version: str,
    made_at: datetime,
    models: bool = False,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Made:
    """Copy a home, in use or not, into a file that is there whole or not at all, readable by its owner alone.

    Each database is copied as it is at one moment, while others write on. These moments differ, so the order matters:
    what points to something is copied before that, and nothing points into the void. A request, a letter or a
    correction names a run, so the run is copied after it. What a run did (approvals, deliveries, memories, files of its
    workspace) is copied after its own record: a run that is resumed does again what its record lacks, and each of these
    knows what it has seen already; the other way round, an effect would be done twice. Where a sync stands is copied
    before the memories that it counts. Snapshots come last: what was copied before may quote them, and they never
    change.

    Args:
        home: the folder.
        file: the backup; nothing may be there yet.
        layout: what is known of the home.
        version: of Rookery.
        made_at: now.
        models: whether models are put into it, too.
        tell: told how far it is.

    Raises:
        NotFound: there is no home.
        Conflict: the file is there already.
        InvalidRequest: the file would lie within the home.
        StorageError: something cannot be read or written; nothing is left behind. `StoreDamaged`: a database is not
            sound, and a copy of it would help nobody.
    """
    _check_places(home, file)
    there = contents(home, order=layout.order, left_out=layout.left_out, models=models)
    if not there.databases:
        raise NotFound(f"there is nothing to back up in {home}; ROOKERY_HOME names another folder")
    with _written_beside(file) as (partial, copy), zipfile.ZipFile(partial, "w") as archive:
        kept = _write(archive, copy, _Reading(home, there, tell))
        manifest = Manifest(rookery=version, made_at=made_at, models=models, files=kept)
        archive.writestr(_entry(MANIFEST), manifest.model_dump_json(indent=1), zipfile.ZIP_DEFLATED)
    return Made(manifest, there.odd)


class _Reading:
    """The home, and how far it has been read."""

    def __init__(self, home: Path, there: Contents, tell: Callable[[Progress], None]) -> None:
        self.home, self.there = home, there
        self._tell, self._done = tell, 0
        self._total = sum(_size(home / path) for path in [*there.databases, *there.files])

    def told(self, path: str) -> Callable[[int], None]:
        """Return what is told of each further bytes of a file."""

        def tell(more: int) -> None:
            self._done += more
            self._tell(Progress(path, min(self._done, self._total), self._total))

        return tell


def _write(archive: zipfile.ZipFile, copy: Path, reading: _Reading) -> list[KeptFile]:
    kept = []
    for path in reading.there.databases:
        version = copy_database(reading.home / path, copy, reading.told(path))
        with copy.open("rb") as file:
            added = _add(archive, path, file, lambda _: None)
        kept.append(added.model_copy(update={"schema_version": version}))
        copy.unlink()
    for path in reading.there.files:
        with _still_there(reading.home / path) as source:
            if source is not None:
                kept.append(_add(archive, path, source, reading.told(path)))
    return kept


@contextmanager
def _still_there(path: Path) -> Iterator[IO[bytes] | None]:
    """Open a file, or give None when whoever it belonged to has removed it meanwhile."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}; check its permissions") from error
    with file:
        yield file


def _add(archive: zipfile.ZipFile, path: str, source: IO[bytes], tell: Callable[[int], None]) -> KeptFile:
    digest, size = hashlib.sha256(), 0
    entry = _entry(path)
    entry.compress_type = zipfile.ZIP_STORED if path.lower().endswith(_DENSE) else zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as kept:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            kept.write(chunk)
            tell(len(chunk))
    return KeptFile(path=path, size=size, sha256=digest.hexdigest())


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _DATE)
    entry.create_system = 3
    entry.external_attr = 0o100600 << 16
    return entry


def _check_places(home: Path, file: Path) -> None:
    if not home.is_dir():
        raise NotFound(f"there is no home at {home}; ROOKERY_HOME names another folder")
    if os.path.lexists(file):
        raise Conflict(f"{file} is there already, and was left as it is; name another file")
    if file.resolve().is_relative_to(home.resolve()):
        raise InvalidRequest(f"{file} lies in the home that is copied; name a file elsewhere, on another disk at best")


@contextmanager
def _written_beside(file: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """Give an open file, and a path for one that passes; both are beside the wanted one, which appears at the end."""
    partial, copy = file.with_name(f"{file.name}.part"), file.with_name(f"{file.name}.part-copy")
    try:
        with _alone(file):
            try:
                partial.unlink(missing_ok=True)  # what was killed has left it
                with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as writing:
                    yield writing, copy
                    writing.flush()
                    os.fsync(writing.fileno())
                partial.replace(file)
                sync_folder(file.parent)
            finally:
                _removed(partial, copy)
    except OSError as error:
        raise StorageError(
            f"{file} cannot be written: {error.strerror}; it needs about as much space as the home, and the largest "
            "database once more while it is made"
        ) from error


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Refuse when another process writes the same file."""
    from filelock import FileLock, Timeout

    lock = FileLock(file.with_name(f"{file.name}.part-lock"), thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise Conflict(f"another process writes {file}; name another file") from error
    try:
        yield
    finally:
        _removed(Path(lock.lock_file))
        lock.release()


def _removed(*paths: Path) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make durable which names a folder has."""
    with suppress(OSError):  # Windows opens no folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
