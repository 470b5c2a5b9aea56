"""The SHA-256 of model files, computed once for each state of a file, since they are large."""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from rookery.domain.errors import EmbedderError


class _Known(BaseModel):
    """What a file was like when its digest was computed."""

    model_config = ConfigDict(frozen=True)

    path: Path
    size: int
    modified_ns: int
    sha256: str


def digest_of(path: Path, folder: Path) -> str:
    """Return the file's SHA-256 in hexadecimal.

    It is remembered in the folder for as long as the file's size and time of change stay. A folder that cannot be
    written only costs the time to compute it again.

    Raises:
        EmbedderError: the file cannot be read.
    """
    try:
        path = path.resolve(strict=True)
        state = path.stat()
        remembered = folder / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}.json"
        known = _recall(remembered)
        if known and (known.path, known.size, known.modified_ns) == (path, state.st_size, state.st_mtime_ns):
            return known.sha256
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EmbedderError(
            f"{path} cannot be read ({error.strerror}); put a GGUF embedding model there, or set `model` to one"
        ) from error
    with suppress(OSError):
        _remember(remembered, _Known(path=path, size=state.st_size, modified_ns=state.st_mtime_ns, sha256=digest))
    return digest


def _recall(remembered: Path) -> _Known | None:
    try:
        return _Known.model_validate_json(remembered.read_bytes())
    except (OSError, ValidationError):
        return None


def _remember(remembered: Path, known: _Known) -> None:
    remembered.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=remembered.parent, prefix=".", delete=False) as file:
        file.write(known.model_dump_json().encode("utf-8"))
    Path(file.name).replace(remembered)
