"""What keeps file work below a folder, strongest first; the same rules hold at each level."""

import errno
import os
import stat
from collections.abc import Sequence
from typing import NamedTuple, Self

from rookery.adapters.tools.files import kernel
from rookery.domain.errors import OutsideSandbox, ToolError

LOOK = (os.O_PATH if hasattr(os, "O_PATH") else os.O_RDONLY) | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY  # a pipe without a writer must not block
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_TRIES = 32  # while something is being moved


class Walls(NamedTuple):
    """How files are opened.

    Attributes:
        openat2: the kernel resolves the whole path; otherwise it is walked name by name, through no link.
        landlock: the ABI by which the thread that does the work has given up all other files; 0 for none.
    """

    openat2: bool
    landlock: int

    @classmethod
    def of_this_machine(cls) -> Self:
        """Return the strongest that the kernel offers."""
        return cls(openat2=kernel.has_openat2(), landlock=kernel.landlock_abi())

    def __str__(self) -> str:
        opening = "openat2" if self.openat2 else "a checked walk (this kernel offers no openat2)"
        return f"{opening}, {f'Landlock ABI {self.landlock}' if self.landlock else 'no Landlock'}"

    def open(self, root: int, parts: Sequence[str], flags: int) -> int:
        """Open what lies below `root` and return its descriptor.

        Raises:
            OSError: it cannot be opened; ELOOP or ENOTDIR where a link is on the way, EXDEV where it leads out.
        """
        if not self.openat2:
            return _walk(root, parts, flags)
        path = "/".join(parts) or "."
        for _ in range(_TRIES):
            try:
                return kernel.open_beneath(root, path, flags | os.O_NOFOLLOW)
            except BlockingIOError:  # EAGAIN: a folder on the way was moved
                continue
        raise BlockingIOError(errno.EAGAIN, "it is being moved about")

    def open_file(self, root: int, parts: Sequence[str]) -> int:
        """Open a regular file that has no other name, for reading.

        What it is, is looked at before it is opened: opening a device may already do something.

        Raises:
            OSError: it cannot be opened.
            OutsideSandbox, ToolError: it is a link, a device, or has a second name somewhere.
        """
        seen = self._look(root, parts)
        check_file(seen, parts)
        descriptor = self.open(root, parts, READ)
        opened = os.fstat(descriptor)
        try:
            check_file(opened, parts)
            if (opened.st_dev, opened.st_ino) != (seen.st_dev, seen.st_ino):
                raise ToolError(f"{'/'.join(parts)} was replaced while it was opened; try again")
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _look(self, root: int, parts: Sequence[str]) -> os.stat_result:
        descriptor = self.open(root, parts, LOOK if hasattr(os, "O_PATH") else READ)
        try:
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)


def check_file(seen: os.stat_result, parts: Sequence[str]) -> None:
    """Refuse what is no regular file with one name.

    Raises:
        OutsideSandbox: it is a link of either kind.
        ToolError: it is a folder, device, pipe or socket.
    """
    if stat.S_ISLNK(seen.st_mode):
        raise OutsideSandbox(f"{'/'.join(parts)} is a symbolic link, and links are not followed")
    if stat.S_ISDIR(seen.st_mode):
        raise ToolError(f"{'/'.join(parts) or 'the folder itself'} is a folder; list_files shows what is in it")
    if not stat.S_ISREG(seen.st_mode):
        raise ToolError(f"{'/'.join(parts)} is a device, pipe or socket, not a file")
    if seen.st_nlink != 1:
        raise OutsideSandbox(f"{'/'.join(parts)} has a second name (a hard link), which may lie outside")


def _walk(root: int, parts: Sequence[str], flags: int) -> int:
    if any(part in ("", ".", "..") or "/" in part for part in parts):
        raise OSError(errno.EXDEV, "it leads out")
    mount = os.fstat(root).st_dev
    at = os.dup(root)
    try:
        for folder in parts[:-1]:
            inner = os.open(folder, LOOK | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = inner
            if os.fstat(at).st_dev != mount:
                raise OSError(errno.EXDEV, "it is another file system")
        return _on_mount(os.open(parts[-1] if parts else ".", flags | os.O_NOFOLLOW, dir_fd=at), mount)
    finally:
        os.close(at)


def _on_mount(descriptor: int, mount: int) -> int:
    seen = os.fstat(descriptor)
    if stat.S_ISDIR(seen.st_mode) and seen.st_dev != mount:
        os.close(descriptor)
        raise OSError(errno.EXDEV, "it is another file system")
    return descriptor
