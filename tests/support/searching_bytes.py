"""Looking for a text in all that lies below a folder, whatever it is packed in."""

import base64
import gzip
import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote


def forms(secret: str) -> set[bytes]:
    """Return the forms in which a text may stand in a file: plain, wide, escaped, quoted, in base64 at any place."""
    plain = secret.encode()
    encoded = (base64.b64encode(b"\0" * shift + plain)[4 * bool(shift) : -4] for shift in range(3))
    halves = (secret[:16].encode(), secret[-16:].encode()) if len(secret) > 20 else ()
    others = (secret.encode("utf-16-le"), json.dumps(secret)[1:-1].encode(), quote(secret, safe="").encode())
    return {plain, *encoded, *halves, *others, plain.hex().encode()}


def places(folder: Path, secrets: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return which texts, by their names, stand where below a folder: in files, in what is packed, in paths."""
    wanted = {name: forms(secret) for name, secret in secrets.items()}
    found = set[tuple[str, str]]()
    for path in sorted(folder.rglob("*")):
        shown = str(path.relative_to(folder))
        parts = unpacked(shown, path.read_bytes(), path) if path.is_file() else ()
        for place, data in [("its own name", shown.encode()), *parts]:
            found |= {(name, place) for name, ways in wanted.items() if any(way in data for way in ways)}
    return found


def unpacked(place: str, data: bytes, path: Path | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield what data holds: itself, and what is packed into it."""
    yield place, data
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from unpacked(f"{place}/{name}", archive.read(name))
    for unpack in (gzip.decompress, zlib.decompress):
        with suppress(OSError, EOFError, zlib.error):
            if inner := unpack(data):
                yield from unpacked(f"{place} (compressed)", inner)
    if path is not None and data.startswith(b"SQLite format 3"):
        yield from _blobs(path)


def _blobs(path: Path) -> Iterator[tuple[str, bytes]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            with suppress(sqlite3.Error):  # tables of extensions that are not loaded here
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    for value in row:
                        if isinstance(value, bytes):
                            yield from list(unpacked(f"{path.name}:{table}", value))[1:]
