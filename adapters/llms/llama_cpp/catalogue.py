"""The models of the models folder, as their headers tell of them."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rookery.adapters.llms.llama_cpp.files import list_models
from rookery.adapters.llms.llama_cpp.gguf_header import Header, read_header
from rookery.domain.errors import LLMError
from rookery.domain.model_names import parts_of, quantization_of
from rookery.domain.models import ModelFile

EMBEDDING = {"bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "jina-bert-v3", "modern-bert", "gemma-embedding"}
_ACCESSORY = {"clip", "mmproj"}


def catalogue(models: Path) -> list[ModelFile]:
    """Return the models of the folder by name: what a person put there and what was pulled; `[]` when there is none.

    Of each file, the header alone is read. A file that cannot be read is listed, with what is wrong with it.
    """
    return [describe(found.paths[0], found.name) for found in list_models(models)]


def describe(path: Path, name: str) -> ModelFile:
    """Return what a model's first file says of it."""
    parts = [path.with_name(part) for part in parts_of(path.name)]
    size = sum(part.stat().st_size for part in parts if part.is_file())
    try:
        headers = [read_header(part) for part in parts]
    except LLMError as error:
        return ModelFile(name=name, path=path, size=size, kind="unreadable", fault=str(error))
    return _described(headers, ModelFile(name=name, path=path, size=size, kind="generative"))


def merged(headers: Iterable[Header]) -> Header:
    """Return one header for the parts of a split model: the first one's entries and the tensors of all."""
    first, *others = headers
    tensors = [*first.tensors, *(tensor for header in others for tensor in header.tensors)]
    size = first.file_size + sum(header.file_size for header in others)
    return first._replace(tensors=tensors, file_size=size)


def read_model(path: Path) -> Header:
    """Return the header of a model, of which this is the first file.

    Raises:
        LLMError: a file cannot be read, or is no whole GGUF file.
    """
    return merged(read_header(path.with_name(part)) for part in parts_of(path.name))


def _described(headers: list[Header], model: ModelFile) -> ModelFile:
    header = merged(headers)
    return model.model_copy(
        update={
            "kind": _kind(header),
            "architecture": header.architecture,
            "title": header.text("general.name") or "",
            "parameters": sum(tensor.parameters for tensor in header.tensors),
            "quantization": quantization_of(model.path.name) or _most_used_type(header),
            "context_tokens": header.number("{arch}.context_length"),
            "layers": header.number("{arch}.block_count"),
            "chat_template": header.text("tokenizer.chat_template") is not None,
            "digest": header.digest,
        }
    )


def _kind(header: Header) -> str:
    if header.architecture in _ACCESSORY or header.text("general.type") in ("adapter", "mmproj", "imatrix"):
        return "accessory"
    return "embedding" if header.architecture in EMBEDDING else "generative"


def _most_used_type(header: Header) -> str:
    weights: Counter[str] = Counter()
    for tensor in header.tensors:
        weights[tensor.type] += tensor.parameters
    return weights.most_common(1)[0][0] if weights else ""
