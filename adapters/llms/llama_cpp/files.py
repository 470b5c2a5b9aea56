"""The GGUF files of the models folder.

The folder holds what a person put there, `<file>.gguf`, and what was pulled from a hub,
`<owner>--<repository>/<file>.gguf`. Of a model that is split into parts, the first part stands for the whole.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rookery.domain.errors import InvalidRequest, NotFound
from rookery.domain.model_names import choose, is_reference, models_among, parse_reference


class FoundModel(NamedTuple):
    """A model of the folder: the name that `--model` takes, and its files in order."""

    name: str
    paths: tuple[Path, ...]


def list_models(models: Path) -> list[FoundModel]:
    """Return the models of the folder by name; `[]` when there is no folder. No file is opened."""
    own = [
        FoundModel(_stem(models / model.files[0]), tuple(models / file for file in model.files))
        for model in models_among(file.name for file in _files(models))
    ]
    pulled = [found for folder in _folders(models) for found in _pulled(folder)]
    return sorted([*own, *pulled], key=lambda found: found.name.lower())


def find_model(models: Path, name: str) -> Path:
    """Return the (first) file of the model that is meant.

    Args:
        models: the folder of models.
        name: a path to a GGUF file; `owner/repository[:quantization or file]`; or a file's name, with or without
            `.gguf`, when only one model has it.

    Raises:
        NotFound: there is none; the message says what there is and how to get one.
        InvalidRequest: there are several.
    """
    path = Path(name).expanduser()
    if path.suffix.lower() == ".gguf" and path.is_file():
        return path
    if is_reference(name):
        reference = parse_reference(name)
        folder = models / reference.folder
        if folder.is_dir():
            return folder / choose((file.name for file in _files(folder)), reference).files[0]
        raise NotFound(f"{name} is not here; get it with `rookery models pull {name}`")
    return _by_file_name(list_models(models), name, models)


def _by_file_name(found: Sequence[FoundModel], name: str, models: Path) -> Path:
    wanted = name.lower().removesuffix(".gguf")
    matches = [model for model in found if wanted in (model.name.lower(), _stem(model.paths[0]).lower())]
    if len(matches) == 1:
        return matches[0].paths[0]
    if matches:
        raise InvalidRequest(
            f"{name} may be any of {', '.join(model.name for model in matches)}; give one's whole name"
        )
    here = f"there are: {', '.join(model.name for model in found[:40])}" if found else "there is none yet"
    raise NotFound(
        f"there is no model {name!r} in {models} ({here}); "
        "`rookery models pull owner/repository:Q4_K_M` gets one from the hub"
    )


def _pulled(folder: Path) -> Iterator[FoundModel]:
    owner, _, repository = folder.name.partition("--")
    models = models_among(file.name for file in _files(folder))
    uses = Counter(model.quantization for model in models)
    for model in models:
        packed = model.quantization
        variant = packed if packed and uses[packed] == 1 else model.files[0]
        yield FoundModel(f"{owner}/{repository}:{variant}", tuple(folder / file for file in model.files))


def _folders(models: Path) -> list[Path]:
    if not models.is_dir():
        return []
    return sorted(path for path in models.iterdir() if path.is_dir() and "--" in path.name)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.suffix.lower() == ".gguf" and path.is_file()]


def _stem(path: Path) -> str:
    return path.name[: -len(path.suffix)]
