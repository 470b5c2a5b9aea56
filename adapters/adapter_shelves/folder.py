"""Trained adapters in the folder `adapters` of a home.

An adapter has a folder with `adapter.gguf` and `card.json`; `in-use.json` says which agent uses which.
"""

import hashlib
import os
import secrets
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from rookery.domain.errors import StorageError, StoreDamaged
from rookery.domain.ports.adapter_shelf import AdapterShelfPort
from rookery.domain.tuning import TunedAdapter

_FILE, _CARD, _USED = "adapter.gguf", "card.json", "in-use.json"
_USES: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


class AdapterFolder(AdapterShelfPort):
    """What is written appears whole or not at all.

    Args:
        home: Rookery's.
    """

    def __init__(self, home: Path) -> None:
        self._root = home / "adapters"

    def draft(self) -> Path:
        """Return a path in the folder that nobody else uses."""
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _unwritable(self._root, error) from error
        return self._root / f"draft-{secrets.token_hex(4)}.gguf"

    def put(self, adapter: TunedAdapter) -> TunedAdapter:
        """Move the file; the card comes last, and without it there is no adapter."""
        folder = self._root / adapter.id
        placed = adapter.model_copy(update={"path": folder / _FILE, "sha256": sha256_of(adapter.path)})
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            adapter.path.replace(placed.path)
        except OSError as error:
            raise _unwritable(folder, error) from error
        _write(folder / _CARD, placed.model_dump_json(indent=2))
        return placed

    def all(self) -> list[TunedAdapter]:
        """Return what has a card."""
        found = [self._read(card) for card in self._root.glob(f"*/{_CARD}")]
        return sorted(found, key=lambda adapter: (adapter.trained_at, adapter.id))

    def used(self) -> dict[str, TunedAdapter]:
        """Return the adapters in use; each file is compared with its digest."""
        here = {adapter.id: adapter for adapter in self.all()} if (uses := self._uses()) else {}
        for agent, name in uses.items():
            remedy = f"`rookery tune stop {agent}`, or tune anew"
            if name not in here:
                raise StoreDamaged(f"the adapter {name} of {agent} is gone; {remedy}")
            if not here[name].path.is_file() or sha256_of(here[name].path) != here[name].sha256:
                raise StoreDamaged(f"{here[name].path} is not what was trained; {remedy}")
        return {agent: here[name] for agent, name in uses.items()}

    def use(self, agent: str, adapter_id: str | None) -> None:
        """Write who uses what."""
        uses = {name: used for name, used in self._uses().items() if name != agent}
        chosen = uses if adapter_id is None else uses | {agent: adapter_id}
        _write(self._root / _USED, _USES.dump_json(chosen, indent=2).decode())

    def _uses(self) -> dict[str, str]:
        path = self._root / _USED
        try:
            return _USES.validate_json(path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            raise StoreDamaged(f"{path} cannot be read; remove it, and `rookery tune use` again: {error}") from error

    def _read(self, card: Path) -> TunedAdapter:
        try:
            adapter = TunedAdapter.model_validate_json(card.read_bytes())
        except (OSError, ValidationError) as error:
            raise StoreDamaged(f"{card} cannot be read; remove its folder: {error}") from error
        return adapter.model_copy(update={"path": card.with_name(_FILE)})


def sha256_of(path: Path) -> str:
    """Return the digest of a file.

    Raises:
        StorageError: it cannot be read.
    """
    try:
        found = path.stat()
        return _digest(path, found.st_size, found.st_mtime_ns)
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}") from error


@lru_cache(64)
def _digest(path: Path, _size: int, _changed: int) -> str:
    """Models have gigabytes: one that has not changed is read once."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path} cannot be written: {error.strerror}; free the way or the space, and try again")
