"""Bundles as ZIP files: the same files give the same bytes, and a hostile one does no harm.

Nothing is ever unpacked onto the disk.
"""

import re
import zipfile
import zlib
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from rookery.domain.bundles import NAMES
from rookery.domain.errors import InvalidRequest

MAX_FILES = 20_000
MAX_BYTES = 512 * 2**20  # of all files together, unpacked
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP file can name
_UNIX = 3
KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What `zipfile` raises for a file that is damaged, encrypted, or packed in other ways."""
_NAME = re.compile(NAMES)


def write_bundle(path: Path, files: Mapping[str, bytes]) -> None:
    """Write files by name, whole or not at all.

    Raises:
        InvalidRequest: they are too many or too large, or the path cannot be written.
    """
    size = sum(map(len, files.values()))
    if len(files) > MAX_FILES or size > MAX_BYTES:
        most = f"{MAX_FILES:,} files of {MAX_BYTES:,} bytes"
        raise InvalidRequest(f"a bundle holds {most} at most, and this run has {len(files):,} of {size:,} bytes")
    partial = path.with_name(path.name + ".partial")
    try:
        with zipfile.ZipFile(partial, "w") as archive:
            for name in sorted(files):
                archive.writestr(_entry(name), files[name], zipfile.ZIP_DEFLATED, compresslevel=9)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}") from error


def read_bundle(path: Path, *, most: int = MAX_BYTES) -> dict[str, bytes]:
    """Return the files of a bundle by name; they have `most` bytes at most.

    Raises:
        InvalidRequest: it is no bundle, is damaged, or holds what no bundle holds.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _refuse_strangers(path, entries, most)
            return {entry.filename: archive.read(entry) for entry in entries}
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read: {error.strerror or error}") from error
    except BROKEN as error:
        raise InvalidRequest(f"{path} is no bundle, or is damaged: {error}") from error


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.create_system = _UNIX
    entry.external_attr = 0o644 << 16
    return entry


def _refuse_strangers(path: Path, entries: Collection[zipfile.ZipInfo], most: int) -> None:
    """Look at names, number and sizes. No more is unpacked of an entry than it says of its size."""
    if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > most:
        raise InvalidRequest(f"{path} holds more than {MAX_FILES:,} files or {most:,} bytes; no bundle does")
    if len({entry.filename for entry in entries}) < len(entries):
        raise InvalidRequest(f"{path} holds two files of one name; no bundle does")
    for entry in entries:
        if not _NAME.fullmatch(entry.orig_filename) or entry.compress_type not in KINDS:
            raise InvalidRequest(f"{path} holds {entry.orig_filename!r}, which no bundle does")
