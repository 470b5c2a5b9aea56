"""A shared folder behind `ObjectStorePort`."""

import asyncio
import errno
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from rookery.adapters.object_stores.names import check_name, is_name
from rookery.domain.errors import NotFound, OutsideSandbox, StorageError
from rookery.domain.ports.object_store import ObjectStorePort

_WITHOUT_LINKS = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_PASSING = {errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH}


class Settings(BaseModel):
    """Which folder is shared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="an existing folder that other machines see too; absolute or beginning with ~")

    @field_validator("path")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        expanded = path.expanduser()
        if not expanded.is_absolute():
            raise ValueError("the path must be absolute or begin with ~")
        return expanded


class DirectoryObjectStore(ObjectStorePort):
    """A file for each object: on a mounted share, or in a folder that another program keeps in sync.

    The folder must exist, since one that was made where a share is not mounted would be shared with nobody. Its file
    system needs hard links. On a share, a name is given away once among all machines; a synced folder decides only on
    each machine, which does no harm where a name stands for one content.
    """

    def __init__(self, settings: Settings) -> None:
        self._root = settings.path

    async def put_new(self, name: str, content: bytes) -> bool:
        """Write the object to a file of another name first, and link it to its own."""
        check_name(name)
        return await asyncio.to_thread(self._put_new, name, content)

    async def get(self, name: str) -> bytes:
        """Read the object's file."""
        check_name(name)
        return await asyncio.to_thread(self._get, name)

    async def names(self, prefix: str, *, after: str = "") -> AsyncIterator[str]:
        """Yield the names as they are when the first is asked for; links are not followed."""
        for name in await asyncio.to_thread(self._names, prefix, after):
            yield name

    async def close(self) -> None:
        """Nothing is held open."""

    def _put_new(self, name: str, content: bytes) -> bool:
        with self._told():
            place = self._place(name)
            if os.path.lexists(place):
                return _is_taken(place)
            place.parent.mkdir(parents=True, exist_ok=True)
            written = _write(place, content)
            for folder in place.parents[: name.count("/") + 1]:
                _make_durable(folder)
            return written or _is_taken(place)

    def _get(self, name: str) -> bytes:
        with self._told():
            try:
                return self._place(name).read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
                raise NotFound(f"there is no object {name!r} in {self._root}") from error

    def _names(self, prefix: str, after: str) -> list[str]:
        with self._told():
            self._require_root()
            found = _files(self._root, "", prefix)
            return sorted(name for name in found if name.startswith(prefix) and name > after and is_name(name))

    def _place(self, name: str) -> Path:
        self._require_root()
        place = self._root / name
        if not place.resolve().is_relative_to(self._root.resolve()):
            raise OutsideSandbox(f"{place} leads out of the shared folder; remove the link on its way")
        return place

    def _require_root(self) -> None:
        if not self._root.is_dir():
            raise StorageError(f"there is no folder {self._root}; mount the share or make the folder")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"the shared folder {self._root} cannot be used: {error.strerror}"
            raise StorageError(message, retryable=error.errno in _PASSING) from error


def _is_taken(place: Path) -> bool:
    """Return False, the answer for a name that is taken by an object."""
    if place.is_dir():
        raise StorageError(f"{place} is a folder, so no object can have its name")
    return False


def _write(place: Path, content: bytes) -> bool:
    temporary = place.with_name(f".rookery-{secrets.token_hex(16)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return _link(temporary, place)
    finally:
        temporary.unlink(missing_ok=True)


def _link(temporary: Path, place: Path) -> bool:
    try:
        os.link(temporary, place)
    except FileExistsError:
        # NFS repeats a request whose answer was lost, and then finds the link that it made itself
        return temporary.stat().st_nlink > 1
    except OSError as error:
        if error.errno in _WITHOUT_LINKS:
            message = f"the file system of {place.parent} has no hard links; share a folder on another, or use S3"
            raise StorageError(message) from error
        raise
    return True


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # the answer of network file systems that have no such thing
            raise
    finally:
        os.close(descriptor)


def _files(folder: Path, inside: str, prefix: str) -> Iterator[str]:
    """Yield the files whose names may begin with the prefix, in any order."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name = inside + entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_file(follow_symlinks=False):
                yield name
            elif entry.is_dir(follow_symlinks=False) and _may_lead_to(f"{name}/", prefix):
                yield from _files(Path(entry.path), f"{name}/", prefix)


def _may_lead_to(folder: str, prefix: str) -> bool:
    return folder.startswith(prefix) or prefix.startswith(folder)
