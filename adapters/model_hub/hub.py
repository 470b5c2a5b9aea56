"""Pulling a model: choosing its files, then getting each one."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from rookery.adapters.model_hub.listing import Listing, Refused, read_listing
from rookery.adapters.model_hub.refusals import Refusals
from rookery.adapters.model_hub.settings import Settings
from rookery.adapters.support.download import DownloadFailed, Progress, Wanted, download, is_here, missing_bytes
from rookery.domain.errors import AdapterError, StorageError
from rookery.domain.model_names import HubReference, choose, is_safe_name
from rookery.domain.models import PulledModel

if TYPE_CHECKING:
    import httpx

_SPARE_BYTES = 256 << 20


class Watch(NamedTuple):
    """What is told while a model is pulled: how far a file is, and that another process is at it already."""

    progress: Callable[[Progress], None] = lambda _: None
    waiting: Callable[[Path], None] = lambda _: None


class ModelHub:
    """A hub of models. Blocks; an interrupt leaves what came so far, and the next call goes on from there.

    The token is sent to the hub alone: httpx leaves it out when a redirect leads to another origin, as to a store.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def pull(
        self, reference: HubReference, models: Path, *, revision: str = "main", watch: Watch | None = None
    ) -> PulledModel:
        """Get a model into `models/<owner>--<repository>/`; files that are there already are left alone.

        Raises:
            NotFound: there is no such repository, revision or file.
            AccessDenied: it is gated or private.
            AdapterError: the hub cannot be reached, or sends something else.
            StorageError: the folder cannot be written or has too little space.
        """
        refusals = Refusals(self._settings, reference)
        folder = models / reference.folder
        try:
            with self._client() as client:
                listing = read_listing(client, reference.path, revision)
                names = choose(listing.files, reference).files
                wanted = [self._wanted(listing, name, reference, folder) for name in names]
                received = self._get_all(client, wanted, watch or Watch())
        except Refused as refusal:
            raise refusals.error(refusal.status, refusal.code, revision=revision) from refusal
        except DownloadFailed as failure:
            if failure.status is not None:
                raise refusals.error(failure.status, failure.code, revision=revision) from failure
            raise AdapterError(_resumable(str(failure), failure), retryable=failure.retryable) from failure
        return PulledModel(
            reference=f"{reference.path}:{reference.wanted}" if reference.wanted else reference.path,
            commit=listing.commit,
            files=[file.path for file in wanted],
            size=sum(file.size for file in wanted),
            received=received,
        )

    def _client(self) -> "httpx.Client":
        import httpx

        token = self._settings.token
        return httpx.Client(
            base_url=self._settings.url,
            headers={"Authorization": f"Bearer {token.get_secret_value()}"} if token else {},
            timeout=self._settings.timeout_seconds,
            follow_redirects=True,
        )

    def _wanted(self, listing: Listing, name: str, reference: HubReference, folder: Path) -> Wanted:
        file, local = listing.files[name], name.rpartition("/")[2]
        if not is_safe_name(local):
            raise AdapterError(f"{reference.path} has a file whose name is unfit for a disk: {local[:80]!r}")
        url = f"{self._settings.url.rstrip('/')}/{reference.path}/resolve/{listing.commit}/{quote(name)}"
        return Wanted(url, folder / local, file.size, file.checksum)

    def _get_all(self, client: "httpx.Client", wanted: Sequence[Wanted], watch: Watch) -> int:
        """Return how many bytes had to come."""
        folder = wanted[0].path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _alone(wanted[0].path, watch.waiting):
                missing = [file for file in wanted if not is_here(file)]
                needed = sum(missing_bytes(file) for file in missing)
                _require_space(folder, needed)
                for file in missing:
                    download(client, file, progress=watch.progress, pauses=self._settings.pauses)
        except OSError as error:
            raise StorageError(
                f"{folder} cannot be written: {error.strerror or error}; free some space or check its permissions"
            ) from error
        return needed


@contextmanager
def _alone(path: Path, waiting: Callable[[Path], None]) -> Iterator[None]:
    """Hold the model's lock. It is freed by the system when its holder dies."""
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting(path)
        lock.acquire(poll_interval=0.25)
    try:
        yield
    finally:
        lock.release()


def _require_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed and free < needed + _SPARE_BYTES:
        raise StorageError(
            f"{folder} has {free / 1e9:.1f} GB free and {needed / 1e9:.1f} GB must come; free some space, set "
            "ROOKERY_HOME to a larger disk, or pull a smaller quantization"
        )


def _resumable(message: str, failure: DownloadFailed) -> str:
    return f"{message}; pull it again, it goes on where it broke off" if failure.retryable else message
