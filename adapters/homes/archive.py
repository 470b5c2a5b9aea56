"""Reading a backup: what it says it holds is checked before anything of it is believed, or written to the disk."""

import hashlib
import json
import os
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from rookery.adapters.homes.backup import MANIFEST, Progress
from rookery.adapters.support.sqlite import Schema
from rookery.adapters.support.zipped import BROKEN, KINDS
from rookery.domain.backups import FORMAT, KeptFile, Manifest
from rookery.domain.errors import InvalidRequest, StorageError

_MOST_OF_MANIFEST = 64 * 2**20
_CHUNK = 1 << 20
_ENCRYPTED = 1  # the flag of an entry


class Backup:
    """An open backup whose manifest agrees with what the file lists.

    Args:
        file: where it is.
        archive: the open file.
        manifest: what it holds.
    """

    def __init__(self, file: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self.file = file
        self.manifest = manifest
        self._archive = archive

    def refuse_newer(self, schemas: Sequence[Schema]) -> None:
        """Raise `InvalidRequest` when a database of it is of a newer schema than this Rookery knows."""
        known = {schema.file: len(schema.migrations) for schema in schemas}
        for kept in self.manifest.files:
            if (kept.schema_version or 0) > known.get(kept.path, kept.schema_version or 0):
                raise InvalidRequest(
                    f"{self.file} was made by Rookery {self.manifest.rookery}, whose {kept.path} is newer (schema "
                    f"{kept.schema_version}) than this version knows ({known[kept.path]}); install that version or a "
                    "later one, and restore with it"
                )

    def unpack(self, folder: Path, tell: Callable[[Progress], None] = lambda _: None) -> None:
        """Write all its files below a new folder, durably, and readable by their owner alone.

        Raises:
            InvalidRequest: a file is not what the manifest says.
            StorageError: the folder cannot be written.
        """
        done = 0
        for kept in self.manifest.files:
            target = folder / kept.path
            try:
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._unpack(kept, target)
            except OSError as error:
                raise StorageError(f"{target} cannot be written: {error.strerror}") from error
            done += kept.size
            tell(Progress(kept.path, done, self.manifest.bytes))

    def _unpack(self, kept: KeptFile, target: Path) -> None:
        digest = hashlib.sha256()
        opened = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as written, _told_as_ours(self.file):
            with self._archive.open(kept.path) as packed:
                while chunk := packed.read(_CHUNK):  # never more than the entry says of its size
                    digest.update(chunk)
                    written.write(chunk)
            written.flush()
            os.fsync(written.fileno())
        if target.stat().st_size != kept.size or digest.hexdigest() != kept.sha256:
            raise InvalidRequest(f"{self.file} is damaged: {kept.path} is not what its digest says; use another backup")


@contextmanager
def opened(file: Path) -> Iterator[Backup]:
    """Open a backup.

    Raises:
        InvalidRequest: it is no backup, is damaged, is of a newer form, or lists what no backup holds.
    """
    with _told_as_ours(file):
        archive = zipfile.ZipFile(file)
    with archive:
        with _told_as_ours(file):
            manifest = _manifest(file, archive)
            _refuse_strangers(file, archive, manifest)
        yield Backup(file, archive, manifest)


@contextmanager
def _told_as_ours(file: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise InvalidRequest(f"there is no file {file}") from error
    except BROKEN as error:
        raise InvalidRequest(f"{file} is no backup, or is damaged: {error}") from error
    except IsADirectoryError as error:
        raise InvalidRequest(f"{file} is a folder; name a file that `rookery backup` made") from error


def _manifest(file: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        entry = archive.getinfo(MANIFEST)
    except KeyError as error:
        raise InvalidRequest(f"{file} is no backup of Rookery: it has no manifest") from error
    if entry.file_size > _MOST_OF_MANIFEST:
        raise InvalidRequest(f"{file} has a manifest of {entry.file_size:,} bytes; no backup does")
    text = archive.read(entry)
    written = json.loads(text)
    form = written.get("format") if isinstance(written, dict) else None
    if isinstance(form, int) and form > FORMAT:
        raise InvalidRequest(f"{file} was made by a newer Rookery; install that version, and restore with it")
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise InvalidRequest(f"{file} has a manifest that no backup has ({where}: {fault['msg']})") from error


def _refuse_strangers(file: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    entries = {entry.filename: entry for entry in archive.infolist() if entry.filename != MANIFEST}
    names = [kept.path for kept in manifest.files]
    if len(archive.infolist()) != len(entries) + 1 or len(set(names)) != len(names) or set(names) != entries.keys():
        raise InvalidRequest(f"{file} holds other files than its manifest names; no backup does")
    for kept in manifest.files:
        entry = entries[kept.path]
        form = stat.S_IFMT(entry.external_attr >> 16)
        plain = form in (0, stat.S_IFREG) and not entry.flag_bits & _ENCRYPTED and entry.compress_type in KINDS
        if not plain or entry.orig_filename != kept.path or entry.file_size != kept.size:
            raise InvalidRequest(f"{file} holds {kept.path!r} in a form that no backup has")
