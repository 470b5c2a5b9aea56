"""all-MiniLM-L6-v2 by ONNX Runtime, without torch: the default embedder."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from rookery.adapters.embedders.sentence_bert.hub import Hub
from rookery.adapters.embedders.sentence_bert.prepared import PreparedModel, prepare
from rookery.adapters.embedders.sentence_bert.weights import CARRIER, MODEL, carrier_folder
from rookery.adapters.support.download import Progress
from rookery.domain.errors import EmbedderError
from rookery.domain.ports.embedder import EmbedderPort

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]
    from tokenizers import Tokenizer

T = TypeVar("T")

_WINDOW = 256  # word pieces, as the model was trained
_DIMENSION = 384


def _hub_of_environment() -> str:
    return os.environ.get("HF_ENDPOINT") or "https://huggingface.co"


def _token_of_environment() -> SecretStr | None:
    token = os.environ.get("HF_TOKEN")
    return SecretStr(token) if token else None


class Settings(BaseModel):
    """Where the weights may be downloaded, and how the model runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hub_url: str = Field(default_factory=_hub_of_environment, description="default: HF_ENDPOINT, or huggingface.co")
    repository: str = Field(
        default="sentence-transformers/all-MiniLM-L6-v2", description="where weights are fetched from"
    )
    revision: str = Field(default="main", description="of the repository")
    hub_token: SecretStr | None = Field(default_factory=_token_of_environment, description="default: HF_TOKEN")
    timeout_seconds: float = Field(default=30.0, gt=0, description="without a byte from the hub")
    carrier: str = Field(default=CARRIER, description="the Python package that may carry the weights")
    threads: int | None = Field(default=None, ge=1, description="default: one a core, at most four")
    batch_size: int = Field(default=32, ge=1, description="texts that are embedded together")


class _Loaded(NamedTuple):
    tokenizer: "Tokenizer"
    session: "InferenceSession"


class MiniLMEmbedder(EmbedderPort):
    """Sentence embeddings of 384 dimensions; a text counts with its first 256 word pieces.

    The model is loaded by the first call. Its weights are searched for in the models folder, in an installed carrier
    package and on the hub, in this order.

    Args:
        settings: the hub and how to run.
        models: the folder that holds one folder for each model.
        offline: whether nothing may be downloaded.
        progress: told, in a worker thread, how far a download is.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        models: Path,
        offline: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._folder = models / "all-MiniLM-L6-v2"
        self._offline = offline
        self._progress = progress
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="all-MiniLM-L6-v2")
        self._loaded: _Loaded | None = None
        self._failures = 0
        self._failure: EmbedderError | None = None

    @property
    def identity(self) -> str:
        """The model's name and the beginning of its weights' digest."""
        return f"all-MiniLM-L6-v2@{MODEL.sha256[:8]}"

    @property
    def dimension(self) -> int:
        """384."""
        return _DIMENSION

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one unit vector for each text, in order; texts of like length run together.

        A thread of its own does the work, one batch after another: a question asked while a library is embedded waits
        for a batch and not for the whole, and callers that wait for a download hold up nobody else.
        """
        if not texts:
            return []
        loaded = await self._work(partial(self._load, self._failures))
        pieces = await self._work(partial(_tokenise, loaded.tokenizer, texts))
        vectors: list[list[float]] = [[] for _ in texts]
        for batch in _batches(pieces, self._settings.batch_size):
            rows = await self._work(partial(_run, loaded.session, [pieces[index] for index in batch]))
            for index, row in zip(batch, rows, strict=True):
                vectors[index] = row
        return vectors

    async def _work(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, call)

    def _load(self, failures_seen: int) -> _Loaded:
        """Load once. Those who waited while another call failed share its failure, and do not wait for it again."""
        if self._loaded is not None:
            return self._loaded
        if self._failure is not None and self._failures != failures_seen:
            raise self._failure
        try:
            self._loaded = _open(self._prepare(), self._settings.threads or min(os.cpu_count() or 1, 4))
        except EmbedderError as error:
            self._failure = error
            self._failures += 1
            raise
        return self._loaded

    def _prepare(self) -> PreparedModel:
        settings = self._settings
        hub = Hub(
            settings.hub_url, settings.repository, settings.revision, settings.hub_token, settings.timeout_seconds
        )
        return prepare(
            self._folder,
            carrier=carrier_folder(settings.carrier),
            hub=None if self._offline else hub,
            progress=self._progress,
        )


def _run(session: "InferenceSession", pieces: list[list[int]]) -> list[list[float]]:
    import numpy as np

    longest = max(map(len, pieces))
    ids = np.zeros((len(pieces), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, text in enumerate(pieces):
        ids[row, : len(text)] = text
        mask[row, : len(text)] = 1
    try:
        (vectors,) = session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})
    except Exception as error:  # ONNX Runtime's errors share no narrower class
        raise EmbedderError(f"all-MiniLM-L6-v2 failed on {len(pieces)} texts: {error}") from error
    rows: list[list[float]] = np.asarray(vectors, dtype=np.float32).tolist()
    return rows


def _open(model: PreparedModel, threads: int) -> _Loaded:
    try:
        import onnxruntime
        from tokenizers import Tokenizer

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(str(model.graph), options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(model.tokenizer))
    except Exception as error:  # neither library's errors share a narrower class
        raise EmbedderError(f"{model.graph.parent} cannot be loaded: {error}") from error
    tokenizer.enable_truncation(_WINDOW)
    tokenizer.no_padding()
    return _Loaded(tokenizer, session)


def _tokenise(tokenizer: "Tokenizer", texts: Sequence[str]) -> list[list[int]]:
    """One by one, since batches would start a thread for each core; lone surrogates become question marks."""
    return [tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8")).ids for text in texts]


def _batches(pieces: Sequence[list[int]], size: int) -> Iterator[list[int]]:
    """Yield the texts' indexes, those of like length together, so that little is padded."""
    order = sorted(range(len(pieces)), key=lambda index: len(pieces[index]))
    return (order[start : start + size] for start in range(0, len(order), size))
