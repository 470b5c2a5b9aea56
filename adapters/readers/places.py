"""Where files are: paths as people write them, folders, and opening without leaving the folders that may be read."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from rookery.adapters.support.titles import as_title
from rookery.domain.errors import OutsideSandbox, SourceError

_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe without a writer must not block


def shown(location: str) -> str:
    """Return a location as messages name it: on one line, in valid Unicode."""
    return as_title(location) or "the empty path"


def resolve(location: str, roots: Sequence[Path] | None) -> Path:
    """Return the real path that a location names, whether or not there is something.

    Raises:
        SourceError: it is an address of the web, or no path at all.
        OutsideSandbox: it is outside the roots.
    """
    if location.lower().startswith(("http://", "https://")):
        raise SourceError(f"{shown(location)} is an address of the web, not a file or folder")
    if not location.strip() or "\0" in location:
        raise SourceError("a path has at least one character and no NUL")
    if location.startswith("file://"):
        location = os.fsdecode(unquote_to_bytes(urlsplit(location).path))
    try:
        path = Path(os.path.realpath(Path(location).expanduser()))
    except (RuntimeError, ValueError, OSError) as error:
        raise SourceError(f"{shown(location)} is not a path that can be read ({error})") from error
    if roots is not None and not _is_below(path, roots):
        raise OutsideSandbox(f"{shown(location)} is outside the folders that may be read: {_names(roots)}")
    return path


def open_file(path: Path, roots: Sequence[Path] | None) -> int:
    """Open a real path for reading and return its descriptor; below the roots no symbolic link is followed any more.

    Raises:
        OSError: it cannot be opened; ELOOP or ENOTDIR when a link was put into its way meanwhile.
    """
    root = next((root for root in map(_real, roots or ()) if path.is_relative_to(root)), None)
    if root is None:
        return os.open(path, _OPEN)
    *folders, name = path.relative_to(root).parts or (".",)
    at = os.open(root, _OPEN | os.O_DIRECTORY)
    try:
        for folder in folders:
            inner = os.open(folder, _OPEN | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = inner
        return os.open(name, _OPEN | os.O_NOFOLLOW, dir_fd=at)
    finally:
        os.close(at)


def files_below(folder: Path, roots: Sequence[Path] | None) -> Iterator[Path]:
    """Yield the files below a folder in no particular order; what is hidden is left out, and links lead nowhere twice.

    A folder that may not be listed is yielded itself, so that reading it says why.
    """
    seen: set[Path] = set()
    linked: list[Path] = []
    waiting = [folder]
    while waiting or linked:
        current = waiting.pop() if waiting else linked.pop()
        real = _real(current)
        if real in seen or (roots is not None and not _is_below(real, roots)):
            continue
        seen.add(real)
        try:
            entries = sorted((e for e in os.scandir(current) if not e.name.startswith(".")), key=lambda e: e.name)
        except OSError:
            yield current
            continue
        for entry in entries:
            if entry.is_dir():
                (linked if entry.is_symlink() else waiting).append(Path(entry.path))
            elif entry.is_file() and (not entry.is_symlink() or _may_follow(Path(entry.path), folder, roots)):
                yield Path(entry.path)


def is_regular(descriptor: int) -> bool:
    """Whether a descriptor belongs to an ordinary file."""
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _may_follow(link: Path, folder: Path, roots: Sequence[Path] | None) -> bool:
    """Whether a link to a file leads to one that is not listed anyway and that may be read."""
    real = _real(link)
    return not real.is_relative_to(_real(folder)) and (roots is None or _is_below(real, roots))


def _is_below(path: Path, roots: Sequence[Path]) -> bool:
    return any(path.is_relative_to(_real(root)) for root in roots)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path.expanduser()))


def _names(roots: Sequence[Path]) -> str:
    return ", ".join(str(root) for root in roots) or "none"
