"""Sequences that had to leave the context: in the RAM as long as it suffices, then in files."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rookery.adapters.llms.llama_cpp.worker.ledger import Owner, common
from rookery.adapters.llms.llama_cpp.worker.state_files import Damaged, Head, Saved, read_head, read_state, write_state

_SUFFIX = ".kv"


class Room(NamedTuple):
    """Where states may go: bytes in the RAM, a folder for those beyond and its bytes; null: there is no folder."""

    ram: int
    folder: Path | None
    disk: int


class States:
    """What sessions held in the context, by their owners.

    Args:
        shape: names the model and how its context is laid out; what is of another shape is of no use.
        room: for the states; the folder may hold some of an earlier process.
        whole: whether a state is of use only to a prompt that begins with all of it: of layers that see a window alone,
            llama.cpp writes no more than the last window.
        notice: takes what is lost or damaged, in words for the person.
    """

    def __init__(self, shape: str, room: Room, *, whole: bool, notice: Callable[[str], None]) -> None:
        self._shape, self._whole, self._notice = shape, whole, notice
        self._ram, self._folder, self._disk = room
        self._held: OrderedDict[Owner, Saved] = OrderedDict()
        self._files: dict[Owner, Path] = {}
        self._size = 0

    def put(self, saved: Saved) -> None:
        """Keep a state; the least recently used ones leave the RAM for it."""
        self.forget(saved.owner)
        self._held[saved.owner] = saved
        self._size += len(saved.state)
        while self._size > self._ram and self._held:
            _, oldest = self._held.popitem(last=False)
            self._size -= len(oldest.state)
            self._put_in_file(oldest)

    def look(self, owner: Owner) -> Saved | Head | None:
        """Return what a session's state is of; null if there is none."""
        if (held := self._held.get(owner)) is not None:
            return held
        path = self._path_of(owner)
        if path is None:
            return None
        try:
            head = read_head(path)
        except Damaged as error:
            self._drop_file(owner, path, f"{error}; what it held is computed anew")
            return None
        return head if head.shape == self._shape and head.owner == owner else None

    def of_use(self, tokens: Sequence[int], prompt: Sequence[int]) -> int:
        """Return how many tokens of a prompt's beginning need not be decoded with the state of some tokens."""
        length = common(tokens, prompt)
        return 0 if self._whole and length < len(tokens) else length

    def take(self, owner: Owner) -> Saved | None:
        """Return the state of a session and forget it; null if it cannot be read."""
        held = self._held.pop(owner, None)
        if held is not None:
            self._size -= len(held.state)
            return held
        path = self._path_of(owner)
        if path is None:
            return None
        saved = self._read(path)
        self._drop_file(owner, path, None)
        return saved

    def forget(self, owner: Owner) -> None:
        """Drop a session's state: a newer one is in the context."""
        held = self._held.pop(owner, None)
        self._size -= len(held.state) if held else 0
        if (path := self._path_of(owner)) is not None:
            self._drop_file(owner, path, None)

    def save_all(self, folder: Path, more: Sequence[Saved]) -> int:
        """Write all states that someone may come back for, and more, to a folder; return how many.

        Raises:
            OSError: it cannot be written.
        """
        elsewhere = self._in_files() if folder != self._folder else []
        everything = {saved.owner: saved for saved in (*elsewhere, *self._held.values(), *more)}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lasting = [saved for owner, saved in everything.items() if not owner.passing]
        for saved in lasting:
            write_state(folder / _name(saved.owner), saved)
        return len(lasting)

    def restore_all(self, folder: Path) -> tuple[int, int]:
        """Take back what `save_all` wrote; return how many, and how many are damaged or of another shape."""
        restored = left_out = 0
        for path in sorted(folder.glob(f"*{_SUFFIX}")):
            saved = self._read(path)
            if saved is None or saved.shape != self._shape:
                left_out += 1
                continue
            restored += 1
            if self._size + len(saved.state) > self._ram and self._folder is None:
                self._files[saved.owner] = path
            else:
                self.put(saved)
        return restored, left_out

    def _in_files(self) -> list[Saved]:
        states = [self._read(path) for path in self._paths()]
        return [saved for saved in states if saved is not None and saved.shape == self._shape]

    def _paths(self) -> list[Path]:
        own = sorted(self._folder.glob(f"*{_SUFFIX}")) if self._folder is not None else []
        return [*self._files.values(), *own]

    def _path_of(self, owner: Owner) -> Path | None:
        if owner in self._files:
            return self._files[owner]
        path = self._folder / _name(owner) if self._folder is not None and owner.session is not None else None
        return path if path is not None and path.exists() else None

    def _put_in_file(self, saved: Saved) -> None:
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_state(self._folder / _name(saved.owner), saved)
            self._make_room()
        except OSError as error:
            self._notice(f"a conversation's state cannot be written to {self._folder}: {error.strerror}; it is lost")

    def _make_room(self) -> None:
        """The files that were written first go when there are too many."""
        stats = {path: path.stat() for path in self._folder.glob(f"*{_SUFFIX}")} if self._folder else {}
        total = sum(stat.st_size for stat in stats.values())
        for path in sorted(stats, key=lambda path: stats[path].st_mtime_ns):
            if total <= self._disk:
                return
            total -= stats[path].st_size
            path.unlink(missing_ok=True)

    def _read(self, path: Path) -> Saved | None:
        try:
            return read_state(path)
        except Damaged as error:
            self._notice(f"{error}; what it held is computed anew")
            return None

    def _drop_file(self, owner: Owner, path: Path, notice: str | None) -> None:
        """A file outside the own folder belongs to whoever suspended."""
        self._files.pop(owner, None)
        if path.parent == self._folder:
            with suppress(OSError):
                path.unlink()
        if notice:
            self._notice(notice)


def _name(owner: Owner) -> str:
    key = f"{owner.lora or ''}\0{owner.session}"
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32] + _SUFFIX
