"""Downloading published files from a model hub."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import SecretStr

from rookery.adapters.embedders.sentence_bert.weights import PublishedFile
from rookery.domain.errors import EmbedderError

if TYPE_CHECKING:
    import httpx


class Progress(NamedTuple):
    """How far a download is, in bytes."""

    file: str
    received: int
    total: int


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
        headers = {"Authorization": f"Bearer {self.token.get_secret_value()}"} if self.token else {}
        try:
            with httpx.stream(
                "GET", url, headers=headers, timeout=self.timeout_seconds, follow_redirects=True
            ) as response:
                response.raise_for_status()
                _receive(response, url, file, folder, progress)
        except httpx.HTTPStatusError as error:
            raise _refused(url, error.response.status_code) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise EmbedderError(f"{url} could not be downloaded: {reason}", retryable=True) from error


def _receive(
    response: "httpx.Response", url: str, file: PublishedFile, folder: Path, progress: Callable[[Progress], None]
) -> None:
    digest = hashlib.sha256()
    received = 0
    with (folder / file.name).open("wb") as saved:
        for chunk in response.iter_bytes(1 << 20):
            digest.update(chunk)
            saved.write(chunk)
            received += len(chunk)
            if received > file.size:
                raise EmbedderError(f"{url} is larger than the published file of {file.size} bytes")
            progress(Progress(file.name, received, file.size))
    if received < file.size:
        raise EmbedderError(f"{url} broke off after {received} of {file.size} bytes", retryable=True)
    if digest.hexdigest() != file.sha256:
        raise EmbedderError(
            f"{url} is not the published file: its SHA-256 is {digest.hexdigest()} instead of {file.sha256}"
        )


def _refused(url: str, status: int) -> EmbedderError:
    hint = {401: "; is HF_TOKEN right?", 403: "; is HF_TOKEN right?", 404: "; check hub_url, repository and revision"}
    return EmbedderError(
        f"{url} answered with status {status}{hint.get(status, '')}", retryable=status == 429 or status >= 500
    )
