"""What models are called: on a hub, in file names, and to `--model`."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rookery.domain.errors import InvalidRequest, NotFound

PREFERRED = (
    *("Q4_K_M", "Q4_K_XL", "Q4_K_S", "Q4_K_L", "Q4_0", "Q4_1", "IQ4_NL", "IQ4_XS", "MXFP4", "Q5_K_M", "Q5_K_S"),
    *("Q6_K", "Q8_0", "Q3_K_L", "Q3_K_M", "F16", "BF16", "F32"),
)
"""Quantizations, the one that a person who names none most probably wants first: small, and still good."""

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
_REFERENCE = re.compile(rf"(?P<owner>{_PART})/(?P<repository>{_PART})(?::(?P<wanted>[^:\\\s][^:\\]{{0,199}}))?")
_PREFIX = re.compile(r"(?:https?://)?(?:huggingface\.co|hf\.co)/", re.IGNORECASE)
_SPLIT = re.compile(r"-(?P<number>\d{5})-of-(?P<count>\d{5})(?=\.gguf$)", re.IGNORECASE)
_QUANTIZATION = re.compile(
    r"(?:^|[-._/])((?:UD-)?(?:I?Q[1-8](?:_(?:[01]|K|XXS|XS|S|M|L|XL|NL))+|TQ[12]_0|MXFP4(?:_MOE)?|NVFP4|BF16|FP?(?:16|32)))"
    r"(?=[-./]|$)",
    re.IGNORECASE,
)
_OTHER_NAMES = {"FP16": "F16", "FP32": "F32"}
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+() -]{0,199}\.gguf", re.IGNORECASE)


class HubReference(NamedTuple):
    """`owner/repository[:quantization or file.gguf]`."""

    owner: str
    repository: str
    wanted: str | None = None

    @property
    def path(self) -> str:
        """The repository, as the hub names it."""
        return f"{self.owner}/{self.repository}"

    @property
    def folder(self) -> str:
        """The folder, within that of the models, where its files lie."""
        return f"{self.owner}--{self.repository}"


class RemoteModel(NamedTuple):
    """A model of a repository: its files in order, of which there are several when it is split."""

    files: tuple[str, ...]

    @property
    def quantization(self) -> str | None:
        """How its weights are packed, as far as its name tells."""
        return quantization_of(self.files[0])


def parse_reference(text: str) -> HubReference:
    """Return what is meant by `owner/repository:QUANT`, with or without the hub's address before it.

    Raises:
        InvalidRequest: that is no reference.
    """
    found = _REFERENCE.fullmatch(_PREFIX.sub("", text.strip(), count=1).rstrip("/"))
    if found is None or any(".." in part or "--" in part for part in found.group("owner", "repository")):
        raise InvalidRequest(
            f"{text!r} names no repository of the hub; write owner/repository, owner/repository:Q4_K_M or "
            "owner/repository:file.gguf"
        )
    return HubReference(*found.group("owner", "repository", "wanted"))


def is_reference(text: str) -> bool:
    """Say whether the text reads as `owner/repository[:…]`."""
    try:
        parse_reference(text)
    except InvalidRequest:
        return False
    return True


def quantization_of(file: str) -> str | None:
    """Return how the weights of a file are packed, in capitals, by its name or else by its folder's; None: unknown."""
    found = _QUANTIZATION.findall(_SPLIT.sub("", file).removesuffix(".gguf"))
    return _OTHER_NAMES.get(found[-1].upper(), found[-1].upper()) if found else None


def is_safe_name(name: str) -> bool:
    """Say whether a file of a foreign repository may keep its name on this disk."""
    return _SAFE.fullmatch(name) is not None


def parts_of(file: str) -> list[str]:
    """Return the names of all parts of the model whose first part is the file; just the file when it is not split."""
    split = _SPLIT.search(file)
    if split is None:
        return [file]
    count = int(split["count"])
    head, tail = file[: split.start()], file[split.end() :]
    return [f"{head}-{number:05}-of-{count:05}{tail}" for number in range(1, count + 1)]


def models_among(files: Iterable[str]) -> list[RemoteModel]:
    """Return the language models among the files of a repository, by name; those that lack a part are left out."""
    names = {file for file in files if file.lower().endswith(".gguf") and not _is_accessory(file)}
    firsts = [name for name in sorted(names) if (split := _SPLIT.search(name)) is None or int(split["number"]) == 1]
    models = [RemoteModel(tuple(parts_of(name))) for name in firsts]
    return [model for model in models if names.issuperset(model.files)]


def choose(files: Iterable[str], reference: HubReference) -> RemoteModel:
    """Return the model that is meant.

    Raises:
        NotFound: the repository has none like that; the message names what it has.
        InvalidRequest: it has several like that.
    """
    models = models_among(files)
    if not models:
        raise NotFound(f"{reference.path} holds no GGUF file; look for a repository whose name ends in -GGUF")
    if reference.wanted is None:
        return _preferred(models, reference)
    wanted = reference.wanted.upper()
    for matches in (
        [model for model in models if wanted in (model.files[0].upper(), _base(model.files[0]).upper())],
        [model for model in models if model.quantization == wanted],
        [model for model in models if model.quantization == f"UD-{wanted}"],
    ):
        if matches:
            return _only(matches, reference)
    raise NotFound(f"{reference.path} holds no {reference.wanted}; it holds {_listed(models)}")


def _preferred(models: Sequence[RemoteModel], reference: HubReference) -> RemoteModel:
    for quantization in PREFERRED:
        if matches := [model for model in models if model.quantization in (quantization, f"UD-{quantization}")]:
            return _only(sorted(matches, key=lambda model: model.quantization or "")[:1] or matches, reference)
    return _only(models, reference)


def _only(models: Sequence[RemoteModel], reference: HubReference) -> RemoteModel:
    if len(models) == 1:
        return models[0]
    raise InvalidRequest(
        f"{reference.path} holds several: {_listed(models, by_file=True)}; "
        f"name one, such as {reference.path}:{_base(models[0].files[0])}"
    )


def _listed(models: Sequence[RemoteModel], *, by_file: bool = False) -> str:
    names = [(None if by_file else model.quantization) or _base(model.files[0]) for model in models]
    return ", ".join(dict.fromkeys(names[:40]))


def _base(file: str) -> str:
    return file.rpartition("/")[2]


def _is_accessory(file: str) -> bool:
    """Say whether a file only goes with a model: the eyes of one that sees, or statistics of the quantization."""
    return any(word in _base(file).lower() for word in ("mmproj", "imatrix"))
