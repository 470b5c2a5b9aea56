"""Writing a file below a folder: whole or not at all, within its quota."""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence

from rookery.adapters.tools.files.folder import Folder, Quota, translated
from rookery.adapters.tools.files.names import HIDDEN
from rookery.adapters.tools.files.walls import FOLDER, LOOK, check_file
from rookery.domain.errors import ToolError


def write(folder: Folder, parts: Sequence[str], data: bytes, *, quota: Quota, key: str, replace: bool) -> bool:
    """Write a file, with the folders on the way, and return whether it was not there so already.

    It appears under its name with all that it holds, also when the machine stops in between.

    Args:
        folder: opened for writing.
        parts: where; a file of that name is replaced only when `replace` says so.
        data: what it will hold.
        quota: of the whole folder.
        key: names what is not finished yet; the same for the same call.
        replace: whether a file that is there may be replaced.

    Raises:
        ToolError: it is there already, too large, or not a file.
        OutsideSandbox: a link is in the way.
    """
    if not parts:
        raise ToolError("a file needs a name, like notes/plan.md")
    with translated(parts), _alone(folder):
        there = _there(folder, parts, len(data))
        if there is not None and there == data:
            return False
        if there is not None and not replace:
            raise ToolError(f"{'/'.join(parts)} is there already; say replace, or choose another name")
        _check_quota(folder, parts, len(data), quota)
        *above, name = parts
        with _made(folder, above, name) as parent:
            _put(parent, name, data, f"{HIDDEN}{key}.part")
    return True


@contextlib.contextmanager
def _alone(folder: Folder) -> Iterator[None]:
    """One write at a time, whichever process it is of."""
    fcntl.flock(folder.root, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(folder.root, fcntl.LOCK_UN)


def _there(folder: Folder, parts: Sequence[str], most: int) -> bytes | None:
    """Return what is there, or None; of a file that has more than `most` bytes, the beginning."""
    try:
        descriptor = folder.walls.open_file(folder.root, parts)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read(most + 1)


def _check_quota(folder: Folder, parts: Sequence[str], size: int, quota: Quota) -> None:
    held = folder.list((), most=quota.entries)
    others = [found for found in held.files if found.parts != tuple(parts)]
    new = len(parts) + len(others) + held.skipped
    if held.cut or new > quota.entries:
        raise ToolError(f"the workspace may hold {quota.entries} files and folders, and there would be more")
    if sum(found.size for found in others) + size > quota.bytes:
        raise ToolError(f"the workspace may hold {quota.bytes:,} bytes, and there would be more; write less")


@contextlib.contextmanager
def _made(folder: Folder, above: Sequence[str], name: str) -> Iterator[int]:
    """Yield the folder in which a file will be, made where it is missing."""
    at = folder.walls.open(folder.root, (), FOLDER)
    try:
        for depth, part in enumerate(above, 1):
            _refuse_twins(at, part)
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o700, dir_fd=at)
            inner = folder.walls.open(folder.root, above[:depth], FOLDER)
            os.close(at)
            at = inner
        _refuse_twins(at, name)
        yield at
    finally:
        os.close(at)


def _refuse_twins(parent: int, name: str) -> None:
    """Two names that differ in case alone are one file on other systems."""
    with os.scandir(parent) as scan:
        twin = next((e.name for e in scan if e.name != name and e.name.casefold() == name.casefold()), None)
    if twin is not None:
        raise ToolError(f"{name} differs only in case from {twin}, which is there; choose another name")


def _put(parent: int, name: str, data: bytes, unfinished: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(unfinished, dir_fd=parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(unfinished, flags, 0o600, dir_fd=parent), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _check_target(parent, name)
        os.rename(unfinished, name, src_dir_fd=parent, dst_dir_fd=parent)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(unfinished, dir_fd=parent)
        raise
    os.fsync(parent)


def _check_target(parent: int, name: str) -> None:
    """What is renamed over takes the name away from a link; it is refused all the same, so that nobody is surprised."""
    try:
        descriptor = os.open(name, LOOK | os.O_NOFOLLOW, dir_fd=parent)
    except FileNotFoundError:
        return
    try:
        check_file(os.fstat(descriptor), (name,))
    finally:
        os.close(descriptor)
