"""Downloading one published file: resumed where it broke off, checked against its digest, then moved into place.

`huggingface_hub` would be at hand (tokenizers needs it), but it compares sizes only, not digests, only warns when the
disk is too small, and draws its own progress bars; so this is ours.
"""

import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from rookery.domain.errors import AdapterError

if TYPE_CHECKING:
    import httpx

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds to wait before each further try; they begin anew when a try brought something."""

_AS_IT_IS = {"Accept-Encoding": "identity"}  # ranges count the bytes of the file
_CHUNK = 1 << 20
_LONGEST_PAUSE = 60.0
_LABELS = {"sha256": "SHA-256", "git": "git SHA-1"}
_PASSING = {408, 425, 429, 500, 502, 503, 504}


class Progress(NamedTuple):
    """How far a download is, in bytes."""

    file: str
    received: int
    total: int


class Checksum(NamedTuple):
    """A digest in hexadecimal. That of git is the SHA-1 of a blob: its length comes before its content."""

    kind: Literal["sha256", "git"]
    digest: str


class Wanted(NamedTuple):
    """A file as it was published, and where it shall lie."""

    url: str
    path: Path
    size: int
    checksum: Checksum

    @property
    def part(self) -> Path:
        """Where it grows."""
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def receipt(self) -> Path:
        """What says of which content the part, and later the file, is."""
        return self.path.with_name(f"{self.path.name}.json")


class DownloadFailed(AdapterError):
    """A file could not be downloaded.

    Args:
        message: what happened.
        retryable: whether the same call may succeed when it is made again.
        status: of the server's answer, if there was one.
        code: the hub's name for what is wrong.
        pause: seconds that the server asks to wait.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = False,
        status: int | None = None,
        code: str | None = None,
        pause: float | None = None,
    ) -> None:
        super().__init__(message, retryable=retryable)
        self.status = status
        self.code = code
        self.pause = pause


class Receipt(BaseModel):
    """Of which content a file is, or will be."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["sha256", "git"]
    digest: str
    size: int

    @classmethod
    def of(cls, wanted: Wanted) -> "Receipt":
        """Return the receipt of a published file."""
        return cls(kind=wanted.checksum.kind, digest=wanted.checksum.digest, size=wanted.size)


def is_here(wanted: Wanted) -> bool:
    """Say whether the whole file lies at its place; one that came another way is read once, and gets a receipt.

    Raises:
        OSError: the file cannot be read.
    """
    if not wanted.path.is_file() or wanted.path.stat().st_size != wanted.size:
        return False
    if _read_receipt(wanted.receipt) == Receipt.of(wanted):
        return True
    if _hash_of(wanted.path, wanted).hexdigest() != wanted.checksum.digest:
        return False
    wanted.receipt.write_text(Receipt.of(wanted).model_dump_json(), encoding="utf-8")
    return True


def missing_bytes(wanted: Wanted) -> int:
    """Return how many bytes must still come."""
    return wanted.size - _begun(wanted)


def download(
    client: "httpx.Client",
    wanted: Wanted,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    pauses: Sequence[float] = PAUSES,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Fetch the file. A part that an earlier call left is taken up when it is of the same content, else begun anew.

    Nothing but the whole, checked file ever lies at `wanted.path`. Interrupting leaves a part that can be taken up. The
    digest tells contents apart, so that a part may be continued from any server, whatever entity tag that one gives.

    Args:
        client: follows redirects, and leaves credentials out when they lead to another origin.
        wanted: the file.
        progress: told after each piece, and first of what was there already.
        pauses: seconds to wait before each further try.
        headers: sent along.

    Raises:
        DownloadFailed: the server cannot be reached, refuses, or sends another file.
        OSError: the folder cannot be written, or is full.
    """
    transfer = _Transfer(client, wanted, progress, headers or {})
    tries = 0
    while True:
        before = _begun(wanted)
        try:
            return transfer.go_on()
        except DownloadFailed as error:
            tries = 0 if _begun(wanted) > before else tries
            if not error.retryable or tries >= len(pauses):
                raise
            time.sleep(min(error.pause or pauses[tries], _LONGEST_PAUSE))
            tries += 1


class _Transfer(NamedTuple):
    client: "httpx.Client"
    wanted: Wanted
    progress: Callable[[Progress], None]
    headers: Mapping[str, str]

    def go_on(self) -> None:
        """Get what is missing, check the whole and move it into place."""
        wanted, begun = self.wanted, _begun(self.wanted)
        if not begun:
            _part_receipt(wanted).write_text(Receipt.of(wanted).model_dump_json(), encoding="utf-8")
        digest = _hash_of(wanted.part if begun else None, wanted)
        self.progress(Progress(wanted.path.name, begun, wanted.size))
        if begun < wanted.size:
            digest = self._receive(begun, digest)
        if digest.hexdigest() == wanted.checksum.digest:
            return _finish(wanted)
        wanted.part.unlink()
        raise DownloadFailed(
            f"{wanted.url} is not the published file: its {_LABELS[wanted.checksum.kind]} is {digest.hexdigest()} "
            f"instead of {wanted.checksum.digest}",
            retryable=begun > 0,  # what was on the disk may be to blame
        )

    def _receive(self, begun: int, digest: "hashlib._Hash") -> "hashlib._Hash":
        """Append what is missing to the part and return the digest of the whole."""
        import httpx

        url = self.wanted.url
        ranged = {"Range": f"bytes={begun}-"} if begun else {}
        try:
            with self.client.stream("GET", url, headers={**self.headers, **_AS_IT_IS, **ranged}) as response:
                self._require_success(response)
                if begun and response.status_code == 200:  # the server sends the whole again
                    begun, digest = 0, _hash_of(None, self.wanted)
                received = self._save(response, begun, digest)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise DownloadFailed(f"{url} could not be downloaded: {reason}", retryable=True) from error
        if received < self.wanted.size:
            raise DownloadFailed(f"{url} broke off after {received} of {self.wanted.size} bytes", retryable=True)
        return digest

    def _save(self, response: "httpx.Response", begun: int, digest: "hashlib._Hash") -> int:
        """Return how many bytes there are then."""
        wanted = self.wanted
        with wanted.part.open("ab" if begun else "wb") as saved:
            for chunk in response.iter_bytes():
                begun += len(chunk)
                if begun > wanted.size:
                    wanted.part.unlink()
                    raise DownloadFailed(f"{wanted.url} is larger than the published file of {wanted.size} bytes")
                digest.update(chunk)
                saved.write(chunk)
                self.progress(Progress(wanted.path.name, begun, wanted.size))
        return begun

    def _require_success(self, response: "httpx.Response") -> None:
        status, begun = response.status_code, _begun(self.wanted)
        goes_on = f"bytes {begun}-{self.wanted.size - 1}/{self.wanted.size}"
        if status == 416 or (status == 206 and response.headers.get("Content-Range") != goes_on):
            self.wanted.part.unlink(missing_ok=True)
            raise DownloadFailed(f"{self.wanted.url} does not go on where it broke off", retryable=begun > 0)
        if response.is_success:
            return
        after = response.headers.get("Retry-After", "")
        raise DownloadFailed(
            f"{self.wanted.url} answered with status {status}",
            retryable=status in _PASSING,
            status=status,
            code=response.headers.get("X-Error-Code"),
            pause=float(after) if after.isdecimal() else None,
        )


def _begun(wanted: Wanted) -> int:
    """Return the length of a part that can be taken up; 0: there is none."""
    try:
        length = wanted.part.stat().st_size
    except OSError:
        return 0
    same = _read_receipt(_part_receipt(wanted)) == Receipt.of(wanted)
    return length if same and length <= wanted.size else 0


def _part_receipt(wanted: Wanted) -> Path:
    return wanted.part.with_name(f"{wanted.part.name}.json")


def _read_receipt(path: Path) -> Receipt | None:
    try:
        return Receipt.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _hash_of(path: Path | None, wanted: Wanted) -> "hashlib._Hash":
    """Return a digest that has taken in the file; None: nothing yet."""
    if wanted.checksum.kind == "git":
        digest = hashlib.sha1(f"blob {wanted.size}\0".encode(), usedforsecurity=False)
    else:
        digest = hashlib.sha256()
    if path is not None:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest


def _finish(wanted: Wanted) -> None:
    with wanted.part.open("rb") as file:
        os.fsync(file.fileno())
    wanted.part.replace(wanted.path)
    _part_receipt(wanted).replace(wanted.receipt)
