"""What a backup of a home says of itself."""

import re

from pydantic import Field, field_validator

from rookery.domain.frozen import Frozen, Timestamp

FORMAT = 1
"""Of the file. A later one may hold what this version would lose."""

_BAD_NAME = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_DRIVE = re.compile(r"[A-Za-z]:")  # of Windows


def is_plain_path(path: str) -> bool:
    """Tell whether a path with slashes is Unicode and stays in its folder, on whatever system."""
    parts_are_names = all(part not in ("", ".", "..") for part in path.split("/"))
    return parts_are_names and not _BAD_NAME.search(path) and not _DRIVE.match(path)


class KeptFile(Frozen):
    """A file of a home."""

    path: str = Field(description="below the home, with slashes")
    size: int = Field(ge=0, description="bytes")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    schema_version: int | None = Field(default=None, ge=0, description="of a database; null: no database")

    @field_validator("path")
    @classmethod
    def _stays_below(cls, path: str) -> str:
        if not is_plain_path(path):
            raise ValueError("leads out of the home, or is no name of a file")
        return path


class Manifest(Frozen):
    """All that is in a backup; what is not named here is not in it."""

    format: int = FORMAT
    rookery: str = Field(description="the version that made it")
    made_at: Timestamp
    models: bool = Field(description="whether models are in it, too")
    files: list[KeptFile]

    @property
    def bytes(self) -> int:
        """All files together, unpacked."""
        return sum(file.size for file in self.files)
