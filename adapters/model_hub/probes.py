"""Probes of models, kept as one JSON file each, named by the model's digest."""

import re
import tempfile
from pathlib import Path

from pydantic import ValidationError

from rookery.domain.errors import StorageError
from rookery.domain.models import Probe

_DIGEST = re.compile(r"[0-9a-f]{64}")


class ProbeFolder:
    """The folder `probes` within that of the models."""

    def __init__(self, models: Path) -> None:
        self._folder = models / "probes"

    def get(self, digest: str) -> Probe | None:
        """Return the probe of a model; None when there is none, or it is of an older form."""
        try:
            return Probe.model_validate_json(self._path(digest).read_bytes())
        except (OSError, ValidationError):
            return None

    def put(self, probe: Probe) -> Path:
        """Keep a probe instead of the one before, and return its file.

        Raises:
            StorageError: the folder cannot be written.
        """
        path = self._path(probe.digest)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as file:
                file.write(probe.model_dump_json(indent=2).encode("utf-8"))
            Path(file.name).replace(path)
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error.strerror}; the probe is lost") from error
        return path

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ValueError("a digest has 64 hexadecimal digits")
        return self._folder / f"{digest}.json"
