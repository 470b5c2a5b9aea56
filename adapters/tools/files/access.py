"""The folders that a run's agents have: its own workspace, and those that the settings open for reading."""

import asyncio
import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rookery.adapters.tools.files import kernel
from rookery.adapters.tools.files.folder import Folder, Quota
from rookery.adapters.tools.files.names import FOLDER_NAME, Place
from rookery.adapters.tools.files.searching import Bounds
from rookery.adapters.tools.files.walls import FOLDER, Walls
from rookery.domain.errors import ConfigurationError, InvalidRequest, ToolError

T = TypeVar("T")

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_WORKSPACE = ""


class Settings(BaseModel):
    """The section `[tools.files]`: shared by all tools that work with files."""

    model_config = ConfigDict(extra="forbid")

    roots: dict[str, Path] = Field(
        default={}, description="further folders by the name that agents use (papers: they say papers:a.md); only read"
    )
    max_read_kb: int = Field(default=1000, ge=1, description="of one file")
    max_workspace_mb: int = Field(default=50, ge=1, description="that a run may write")
    max_workspace_files: int = Field(default=1000, ge=1, description="that a run may write")

    @field_validator("roots")
    @classmethod
    def _well_named(cls, roots: dict[str, Path]) -> dict[str, Path]:
        if wrong := [name for name in roots if not FOLDER_NAME.fullmatch(name)]:
            raise ValueError(f"{wrong[0]!r} must have 2 to 31 small letters, digits, - and _, a letter first")
        return {name: path.expanduser() for name, path in roots.items()}


class Files:
    """Does file work in a thread that can reach nothing else, as far as the kernel has that to offer.

    Args:
        settings: the section.
        home: of Rookery; workspaces are in it.
        walls: what keeps the work within its folder; by default the strongest that there is here.
    """

    def __init__(self, settings: Settings, home: Path, *, walls: Walls | None = None) -> None:
        self._roots = settings.roots
        self._workspaces = home / "workspaces"
        self.walls = walls or Walls.of_this_machine()
        self.most = settings.max_read_kb * 1000
        self.bounds = Bounds(hits=50, file_bytes=self.most, all_bytes=20 * self.most)
        self.quota = Quota(settings.max_workspace_mb * 1_000_000, settings.max_workspace_files)

    @classmethod
    def from_section(cls, section: Mapping[str, object], home: Path) -> Self:
        """Make it from the section `[tools.files]`.

        Raises:
            ConfigurationError: the section has an unknown name or a wrong value.
        """
        try:
            return cls(Settings.model_validate(dict(section)), home)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise ConfigurationError(f"the settings [tools.files] are wrong: {faults}") from error

    @property
    def names(self) -> list[str]:
        """The names of the folders that are only read."""
        return sorted(self._roots)

    def url(self, place: Place, run_id: str) -> str:
        """Return the address by which what a file says is cited: a file of the machine, or one of the run."""
        path = "/".join(place.parts)
        if place.folder == _WORKSPACE:
            return f"workspace:{run_id}/{quote(path)}"
        return self._roots[place.folder].absolute().joinpath(path).as_uri()

    async def read(self, place: Place, run_id: str, work: Callable[[Folder], T]) -> T:
        """Do work that only reads, below the folder of a place.

        Raises:
            ToolError: there is no such folder, or the work says so.
            OutsideSandbox: the work came upon something that leads out.
        """
        return await self._do(place, run_id, work, writable=False)

    async def write(self, place: Place, run_id: str, work: Callable[[Folder], T]) -> T:
        """Do work that may write, in the workspace; raises as `read` does."""
        if place.folder != _WORKSPACE:
            raise ToolError(f"{place.folder} is only read; write to the workspace, like notes/plan.md")
        return await self._do(place, run_id, work, writable=True)

    async def _do(self, place: Place, run_id: str, work: Callable[[Folder], T], *, writable: bool) -> T:
        def do() -> T:
            with self._opened(place.folder, run_id) as root:
                if self.walls.landlock:
                    _restrict(self.walls.landlock, root, writable=writable)
                return work(Folder(root, self.walls))

        thread = ThreadPoolExecutor(1, thread_name_prefix="files")  # of its own: what it gives up, it never gets back
        try:
            return await asyncio.wrap_future(thread.submit(do))
        finally:
            thread.shutdown(wait=False)

    @contextlib.contextmanager
    def _opened(self, folder: str, run_id: str) -> Iterator[int]:
        try:
            root = self._workspace(run_id) if folder == _WORKSPACE else os.open(self._path(folder), FOLDER)
        except OSError as error:
            named = f"the folder {folder}" if folder else "the workspace"
            raise ToolError(f"{named} cannot be opened: {error.strerror}; a person has to see to it") from error
        try:
            yield root
        finally:
            os.close(root)

    def _path(self, folder: str) -> Path:
        if folder not in self._roots:
            known = ", ".join(self.names) or "none but the workspace, whose paths have no name before them"
            raise ToolError(f"there is no folder {folder}; there are: {known}")
        return self._roots[folder]

    def _workspace(self, run_id: str) -> int:
        if not _RUN_ID.fullmatch(run_id):
            raise InvalidRequest(f"{run_id!r} is no name of a run")
        self._workspaces.mkdir(mode=0o700, parents=True, exist_ok=True)
        above = os.open(self._workspaces, FOLDER)
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(run_id, 0o700, dir_fd=above)
            return os.open(run_id, FOLDER | os.O_NOFOLLOW, dir_fd=above)
        finally:
            os.close(above)


def _restrict(abi: int, root: int, *, writable: bool) -> None:
    try:
        kernel.restrict_thread(abi, root, writable=writable)
    except OSError as error:
        raise ToolError(f"Landlock refused to guard the file work ({error.strerror}); nothing was done") from error
