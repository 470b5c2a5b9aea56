"""What a repository of the hub holds."""

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rookery.adapters.support.download import Checksum
from rookery.domain.errors import AdapterError

if TYPE_CHECKING:
    import httpx

_MOST_PAGES = 100
_MOST_BYTES = 32 << 20
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
_HEX = r"^[0-9a-f]+$"


class Refused(Exception):
    """The hub answered with an error.

    Args:
        status: of its answer.
        code: its own name for what is wrong.
    """

    def __init__(self, status: int, code: str | None) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.code = code


class RemoteFile(NamedTuple):
    """A file of the repository, and how it can be checked."""

    path: str
    size: int
    checksum: Checksum


class Listing(NamedTuple):
    """The files at one commit, by path."""

    commit: str
    files: dict[str, RemoteFile]


class _Lfs(BaseModel):
    model_config = ConfigDict(extra="ignore")

    oid: str = Field(pattern=_HEX, min_length=64, max_length=64)
    size: int = Field(ge=0)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str
    path: str
    oid: str = Field(pattern=_HEX, min_length=40, max_length=64)
    size: int = Field(default=0, ge=0)
    lfs: _Lfs | None = None

    def file(self) -> RemoteFile:
        """Large files are known by their SHA-256, small ones by what git calls their content."""
        if self.lfs is not None:
            return RemoteFile(self.path, self.lfs.size, Checksum("sha256", self.lfs.oid))
        return RemoteFile(self.path, self.size, Checksum("git", self.oid))


class _Repository(BaseModel):
    model_config = ConfigDict(extra="ignore")

    sha: str = Field(pattern=_HEX, min_length=40, max_length=64)


_ENTRIES = TypeAdapter(list[_Entry])


def read_listing(client: "httpx.Client", repository: str, revision: str) -> Listing:
    """Ask which commit a revision is, then for all its files. The client brings the hub's address and the token.

    Raises:
        Refused: the hub answered with an error.
        AdapterError: it cannot be reached, or gives no sense.
    """
    try:
        found = _Repository.model_validate_json(
            _get(client, f"/api/models/{repository}/revision/{quote(revision, safe='')}")[0]
        )
        files: dict[str, RemoteFile] = {}
        url = f"/api/models/{repository}/tree/{found.sha}?recursive=true"
        for _ in range(_MOST_PAGES):
            body, following = _get(client, url)
            files |= {entry.path: entry.file() for entry in _ENTRIES.validate_json(body) if entry.type == "file"}
            if following is None:
                return Listing(found.sha, files)
            url = following
    except ValidationError as error:
        raise AdapterError(f"{client.base_url} does not answer as a hub; check HF_ENDPOINT") from error
    raise AdapterError(f"{repository} has too many files to list")


def _get(client: "httpx.Client", url: str) -> tuple[bytes, str | None]:
    """Return the answer, and where the next page is."""
    import httpx

    try:
        with client.stream("GET", url) as response:
            if not response.is_success:
                raise Refused(response.status_code, response.headers.get("X-Error-Code"))
            body = b"".join(_bounded(response))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise AdapterError(f"{client.base_url} cannot be reached: {reason}", retryable=True) from error
    return body, _next(response)


def _bounded(response: "httpx.Response") -> "list[bytes]":
    pieces, length = [], 0
    for piece in response.iter_bytes():
        length += len(piece)
        if length > _MOST_BYTES:
            raise AdapterError(f"{response.url.host} sends a longer list than {_MOST_BYTES >> 20} MiB")
        pieces.append(piece)
    return pieces


def _next(response: "httpx.Response") -> str | None:
    """A page on another host is refused: the token goes along."""
    link: str = response.headers.get("Link", "")
    found = _NEXT.search(link)
    if found is None:
        return None
    url: str = urljoin(str(response.url), found[1])
    if urlsplit(url)[:2] != urlsplit(str(response.url))[:2]:
        raise AdapterError(f"{response.url.host} continues its list on another host; check HF_ENDPOINT")
    return url
