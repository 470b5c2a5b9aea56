"""The language models that are here: adapters, and files with what their headers and their probes tell."""

import hashlib

from rookery.application.models.strategy import eta
from rookery.domain.frozen import Frozen
from rookery.domain.models import Eta, ModelFile, Probe
from rookery.domain.runs import EFFORTS, PASSAGE_TOKENS, Depth
from rookery.entrypoints import plugins
from rookery.entrypoints.container import Container

FILE_ADAPTER = "llama_cpp"


class KnownModel(Frozen):
    """Something that `--model` takes. `file` is null for an adapter, `probe` until it was probed."""

    name: str
    chosen: bool
    file: ModelFile | None = None
    probe: Probe | None = None


def known_models(container: Container) -> list[KnownModel]:
    """Return the adapters, then the files, each by name."""
    from rookery.adapters.llms.llama_cpp.catalogue import catalogue
    from rookery.adapters.model_hub.probes import ProbeFolder

    chosen, models = container.settings().research.model, container.models()
    probes = ProbeFolder(models)
    adapters = [
        KnownModel(name=name, chosen=name == chosen, probe=probes.get(digest_of(name, None)))
        for name in plugins.available("llms")
    ]
    files = [
        KnownModel(name=file.name, chosen=file.name == chosen, file=file, probe=probes.get(digest_of(file.name, file)))
        for file in catalogue(models)
    ]
    return [*adapters, *files]


def probe_of(container: Container, name: str) -> Probe | None:
    """Return what was found out about a model; None: it was not probed yet.

    Raises:
        NotFound, InvalidRequest: the name means a file that is not here, or several.
    """
    from rookery.adapters.model_hub.probes import ProbeFolder

    return ProbeFolder(container.models()).get(digest_of(name, file_of(container, name)))


def eta_of(probe: Probe | None, depth: Depth) -> Eta | None:
    """Return how long a run of a depth will take; None where the model was not probed."""
    effort = EFFORTS[depth]
    return None if probe is None else eta(probe, effort, effort.passages * PASSAGE_TOKENS)


def digest_of(name: str, file: ModelFile | None) -> str:
    """Return what a model's probe is kept by: its file's digest, else that of its name."""
    if file is not None and file.digest:
        return file.digest
    return hashlib.sha256(name.encode()).hexdigest()


def file_of(container: Container, name: str) -> ModelFile | None:
    """Return the file that a name means; None: it means something else.

    Raises:
        NotFound, InvalidRequest: it means a file that is not here, or several.
    """
    if name in plugins.available("llms") or name.partition(":")[0] in plugins.available("llms"):
        return _set_file(container, name)
    from rookery.adapters.llms.llama_cpp.catalogue import describe
    from rookery.adapters.llms.llama_cpp.files import find_model

    return describe(find_model(container.models(), name), name)


def _set_file(container: Container, name: str) -> ModelFile | None:
    """Return the file that the settings name for llama.cpp."""
    adapter, _, given = name.partition(":")
    wanted = given or container.settings().llms.get(FILE_ADAPTER, {}).get("model")
    if adapter != FILE_ADAPTER or not isinstance(wanted, str):
        return None
    return file_of(container, wanted) if wanted not in plugins.available("llms") else None
