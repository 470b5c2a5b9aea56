"""GGUF embedding models behind `EmbedderPort`."""

import asyncio
import importlib.util
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from rookery.adapters.embedders.llama_cpp.child import Child, Limits
from rookery.adapters.embedders.llama_cpp.digests import digest_of
from rookery.adapters.embedders.llama_cpp.wire import Load
from rookery.adapters.embedders.unit_length import unit
from rookery.adapters.support.processes import Limit
from rookery.domain.errors import ConfigurationError, EmbedderError
from rookery.domain.ports.embedder import EmbedderPort

T = TypeVar("T")

_TEXTS_AT_ONCE = 32  # a question asked while a library is embedded waits for so many texts


class Settings(BaseModel):
    """Which model, and how llama.cpp runs it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Path = Field(description="a GGUF file; a relative path lies in the models folder of Rookery's home")
    n_ctx: int = Field(default=512, ge=8, description="tokens of a text that count; at most those of the training")
    n_batch: int = Field(default=512, ge=8, description="tokens that are computed together")
    gpu_layers: int = Field(default=0, ge=-1, description="layers on the GPU; -1: all")
    threads: int | None = Field(default=None, ge=1, description="default: as llama.cpp chooses")
    pooling: Literal["mean", "cls", "last"] | None = Field(default=None, description="default: as the model says")
    load_timeout_seconds: float = Field(default=300.0, gt=0, description="for loading the model")
    timeout_seconds: float = Field(default=120.0, gt=0, description="for a batch of texts")


class LlamaCppEmbedder(EmbedderPort):
    """Embeddings by llama.cpp, in a process of its own that is started by the first call and again after a crash.

    Calls are served one batch after another, in turn. The process ends with this one, or when it is closed.

    Args:
        settings: the model and how to run it.
        models: the folder in which models lie.

    Raises:
        ConfigurationError: llama-cpp-python is not installed.
    """

    def __init__(self, settings: Settings, *, models: Path) -> None:
        if importlib.util.find_spec("llama_cpp") is None:
            raise ConfigurationError("llama_cpp needs llama-cpp-python: `pip install 'rookery[llama]'`")
        self._settings = settings
        self._path = models / settings.model.expanduser()
        self._digests = models / ".digests"
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="llama.cpp embedder")
        self._slot = _Slot()
        self._digest: str | None = None
        weakref.finalize(self, self._slot.empty)

    @property
    def identity(self) -> str:
        """`gguf:`, the file's name and the beginning of its digest; the pooling, when it is set.

        The first time, the file is read as a whole.

        Raises:
            EmbedderError: the file cannot be read.
        """
        digest = self._digest or self._worker.submit(self._check_digest).result()
        pooling = f"+{self._settings.pooling}" if self._settings.pooling else ""
        return f"gguf:{self._path.stem}@{digest[:16]}{pooling}"

    @property
    def dimension(self) -> int:
        """As the model says, which is loaded when it is not.

        Raises:
            EmbedderError: the model cannot be loaded.
        """
        child = self._slot.child or self._worker.submit(self._child).result()
        return child.dimension

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one unit vector for each text, in order; a text counts with its first `n_ctx` tokens.

        Raises:
            EmbedderError: the model cannot be loaded; or its process crashed or was too slow (`retryable`), and is
                started anew by the next call.
        """
        vectors: list[list[float]] = []
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            vectors += await self._work(partial(self._embed, texts[start : start + _TEXTS_AT_ONCE]))
        return vectors

    async def close(self) -> None:
        """End the process and free its memory; the next call starts it again."""
        await self._work(self._slot.empty)

    async def _work(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, call)

    def _embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Lone surrogates become question marks."""
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return [unit(vector, str(self._path)) for vector in self._child().embed(clean)]

    def _child(self) -> Child:
        child = self._slot.child
        if child is None or not child.alive:
            self._slot.empty()
            self._check_digest()
            child = self._slot.child = Child(self._load(), self._limits())
        return child

    def _load(self) -> Load:
        settings = self._settings
        return Load(
            path=str(self._path),
            n_ctx=settings.n_ctx,
            n_batch=settings.n_batch,
            gpu_layers=settings.gpu_layers,
            threads=settings.threads,
            pooling=settings.pooling,
        )

    def _limits(self) -> Limits:
        return Limits(
            load=Limit(self._settings.load_timeout_seconds, "load_timeout_seconds"),
            answer=Limit(self._settings.timeout_seconds, "timeout_seconds"),
        )

    def _check_digest(self) -> str:
        """Vectors that were made before belong to the file of that time."""
        digest = digest_of(self._path, self._digests)
        if self._digest not in (None, digest):
            raise EmbedderError(f"{self._path} was changed while it was in use; start Rookery again")
        self._digest = digest
        return digest


class _Slot:
    """Holds the child, apart from the embedder, so that it can be stopped after the embedder is gone."""

    child: Child | None = None

    def empty(self) -> None:
        child, self.child = self.child, None
        if child is not None:
            child.stop()
