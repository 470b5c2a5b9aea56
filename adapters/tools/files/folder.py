"""Work below one opened folder. Nothing here knows where the folder lies, and all of it blocks."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rookery.adapters.tools.files.names import DEEPEST, HIDDEN
from rookery.adapters.tools.files.walls import FOLDER, Walls
from rookery.domain.errors import OutsideSandbox, ToolError

MOST_ENTRIES = 20_000  # that are looked at below a folder, in one call


class Quota(NamedTuple):
    """What a workspace may hold."""

    bytes: int
    entries: int
    """Files and folders."""


class Found(NamedTuple):
    """A regular file with one name."""

    parts: tuple[str, ...]
    size: int


class Listing(NamedTuple):
    """What is below a folder.

    Attributes:
        files: in the order of their paths.
        skipped: links, devices and what else cannot be read here.
        cut: whether there is more than was looked at.
    """

    files: list[Found]
    skipped: int
    cut: bool


class Folder:
    """A folder and all below it.

    Args:
        root: its descriptor; it stays the caller's.
        walls: how files are opened.
    """

    def __init__(self, root: int, walls: Walls) -> None:
        self.root = root
        self.walls = walls

    def list(self, parts: Sequence[str], *, most: int = MOST_ENTRIES) -> Listing:
        """Return the files at or below a place; what is hidden is left out.

        Raises:
            ToolError, OutsideSandbox: there is no such folder.
        """
        files, skipped, looked = list[Found](), 0, 0
        waiting = [tuple(parts)]
        while waiting:
            folder = waiting.pop()
            for entry in self._entries(folder, asked=folder == tuple(parts)):
                looked += 1
                if looked > most:
                    return Listing(sorted(files), skipped, cut=True)
                path = (*folder, entry.name)
                if stat.S_ISDIR(entry.mode) and len(path) < DEEPEST:
                    waiting.append(path)
                elif stat.S_ISREG(entry.mode) and entry.links == 1:
                    files.append(Found(path, entry.size))
                else:
                    skipped += 1
        return Listing(sorted(files), skipped, cut=False)

    def read(self, parts: Sequence[str], *, most: int) -> bytes:
        """Return what a file holds.

        Raises:
            ToolError: there is none, it is no file, or it has more than `most` bytes.
            OutsideSandbox: it is a link.
        """
        with translated(parts), os.fdopen(self.walls.open_file(self.root, parts), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = b"" if size > most else file.read(most + 1)
        if max(size, len(data)) > most:
            raise ToolError(
                f"{'/'.join(parts)} has {max(size, len(data)):,} bytes, more than the {most:,} that are read at once; "
                "search_files finds single lines"
            )
        return data

    def size(self, parts: Sequence[str]) -> int:
        """Return how many bytes a file has; raises as `read` does."""
        with translated(parts):
            descriptor = self.walls.open_file(self.root, parts)
        try:
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def _entries(self, folder: Sequence[str], *, asked: bool) -> Iterator["_Entry"]:
        """Yield what is in a folder, by name. One that was only come upon may vanish meanwhile."""
        vanished = contextlib.nullcontext() if asked else contextlib.suppress(ToolError, OutsideSandbox)
        with vanished, _held(self, folder) as descriptor, os.scandir(descriptor) as scan:
            for entry in sorted(_first(scan), key=lambda one: one.name):
                if entry.name.startswith(HIDDEN) or not _is_unicode(entry.name):
                    continue
                with contextlib.suppress(FileNotFoundError):
                    seen = entry.stat(follow_symlinks=False)
                    yield _Entry(entry.name, seen.st_mode, seen.st_nlink, seen.st_size)


class _Entry(NamedTuple):
    name: str
    mode: int
    links: int
    size: int


@contextlib.contextmanager
def _held(folder: Folder, parts: Sequence[str]) -> Iterator[int]:
    with translated(parts):
        descriptor = folder.walls.open(folder.root, parts, FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _first(scan: Iterator["os.DirEntry[str]"]) -> list["os.DirEntry[str]"]:
    return [entry for _, entry in zip(range(MOST_ENTRIES + 1), scan, strict=False)]


def _is_unicode(name: str) -> bool:
    return name.encode("utf-8", "replace").decode() == name


@contextlib.contextmanager
def translated(parts: Sequence[str]) -> Iterator[None]:
    """Say in words what the kernel refused."""
    shown = "/".join(parts) or "the folder itself"
    try:
        yield
    except FileNotFoundError as error:
        raise ToolError(f"there is no {shown}; list_files shows what is there") from error
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EXDEV):
            raise OutsideSandbox(f"{shown} leads through a link or out of the folder, and is not followed") from error
        if error.errno == errno.ENOTDIR:
            raise ToolError(f"{shown} leads through a file or link, or is one; list_files shows folders") from error
        if error.errno == errno.EAGAIN:
            raise ToolError(f"{shown} is being moved about; try again", retryable=True) from error
        if isinstance(error, PermissionError):
            raise ToolError(f"{shown} may not be read or written; a person can change its permissions") from error
        raise ToolError(f"{shown} cannot be read or written: {error.strerror}") from error
