"""Downloading published files from a model hub."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

from rookery.adapters.embedders.sentence_bert.weights import PublishedFile
from rookery.adapters.support.download import Checksum, DownloadFailed, Progress, Wanted, download
from rookery.domain.errors import EmbedderError

_HINTS = {401: "; is HF_TOKEN right?", 403: "; is HF_TOKEN right?", 404: "; check hub_url, repository and revision"}


class Hub(NamedTuple):
    """A server with the paths of the Hugging Face hub."""

    url: str
    repository: str
    revision: str
    token: SecretStr | None
    timeout_seconds: float

    def download(self, file: PublishedFile, folder: Path, progress: Callable[[Progress], None]) -> None:
        """Put the published file into the folder, which is left with a useless one when this fails.

        The token is sent to the hub alone: httpx leaves it out when a redirect leads to another origin.

        Raises:
            EmbedderError: the hub cannot be reached (`retryable`), refuses, or sends another file.
            OSError: the folder cannot be written.
        """
        import httpx

        url = f"{self.url.rstrip('/')}/{self.repository}/resolve/{self.revision}/{file.name}"
        wanted = Wanted(url, folder / file.name, file.size, Checksum("sha256", file.sha256))
        headers = {"Authorization": f"Bearer {self.token.get_secret_value()}"} if self.token else {}
        try:
            with httpx.Client(timeout=self.timeout_seconds, follow_redirects=True) as client:
                download(client, wanted, progress=progress, pauses=(), headers=headers)
        except DownloadFailed as error:
            hint = _HINTS.get(error.status or 0, "")
            raise EmbedderError(f"{error}{hint}", retryable=error.retryable) from error
