"""A GGUF model as the worker process holds it."""

import ctypes
import importlib
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from rookery.adapters.embedders.llama_cpp.wire import Load
from rookery.adapters.support.ggml import load_backends

_ERROR = 4  # as ggml counts its log levels


class _Tokenizer(Protocol):
    def tokenize(self, text: bytes, add_bos: bool = ..., special: bool = ...) -> list[int]: ...  # noqa: FBT001


class _Llama(Protocol):
    """What is used of `llama_cpp.Llama`; the library may be missing where types are checked."""

    metadata: dict[str, str]

    def embed(self, input: list[str], *, truncate: bool) -> list[list[float]]: ...  # noqa: A002
    def n_embd(self) -> int: ...
    def pooling_type(self) -> int: ...
    def token_eos(self) -> int: ...
    def tokenizer(self) -> _Tokenizer: ...


class Unusable(Exception):
    """The model cannot be loaded, or is not one that embeds; the message says why and what to do."""


class Model:
    """Embeds texts, each cut to the model's window; its closing token is kept.

    Args:
        load: the file and how to run it.

    Raises:
        Unusable: the library or the file is of no use.
    """

    def __init__(self, load: Load) -> None:
        library = _library()
        self._errors = _Errors(library)
        load_backends(library.llama_cpp._lib)
        self._pieces = _Pieces()
        self._room = max(load.n_ctx, load.n_batch)
        self._batch = load.n_batch
        self._llama = self._open(library, load)
        self._pieces.tokenizer = self._llama.tokenizer()
        self._pieces.window = min(load.n_ctx, _trained_window(self._llama.metadata, load.n_ctx))
        self._pieces.filler = max(self._llama.token_eos(), 0)
        _require_pooling(library, self._llama.pooling_type(), load.path)

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        return self._llama.n_embd()

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector for each text, in order, of any length.

        Raises:
            Unusable: llama.cpp refused to compute.
        """
        try:
            return [vector for batch in self._batches(texts) for vector in self._llama.embed(batch, truncate=False)]
        except (RuntimeError, ValueError) as error:
            raise Unusable(f"llama.cpp could not compute: {self._errors.last() or error}") from error

    def _open(self, library: Any, load: Load) -> _Llama:
        pooling = f"LLAMA_POOLING_TYPE_{(load.pooling or 'unspecified').upper()}"
        try:
            llama: _Llama = library.Llama(
                load.path,
                embedding=True,
                n_ctx=self._room,
                n_batch=self._room,
                n_ubatch=self._room,  # an encoder sees the whole of a text at once
                n_gpu_layers=load.gpu_layers,
                n_threads=load.threads,
                n_threads_batch=load.threads,
                pooling_type=getattr(library, pooling),
                tokenizer=self._pieces,
                verbose=False,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise Unusable(
                f"{load.path} cannot be loaded: {self._errors.last() or error}; is it a whole GGUF file of an "
                "embedding model, and is there memory for it?"
            ) from error
        return llama

    def _batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """Few tokens at once: texts that are computed together cost the square of their tokens."""
        batch: list[str] = []
        tokens = 0
        for text in texts:
            more = len(self._pieces.tokenize(text.encode("utf-8")))
            if batch and tokens + more > self._batch:
                yield batch
                batch, tokens = [], 0
            batch.append(text)
            tokens += more
        if batch:
            yield batch


class _Pieces:
    """A tokenizer that never gives more than the window nor less than one token."""

    tokenizer: _Tokenizer
    window: int
    filler: int

    def tokenize(self, text: bytes, add_bos: bool = True, special: bool = False) -> list[int]:  # noqa: FBT001, FBT002
        tokens = self.tokenizer.tokenize(text, add_bos, special)
        if len(tokens) <= self.window:
            return tokens or [self.filler]
        frame = self.tokenizer.tokenize(b"", add_bos, special)
        closing = tokens[-1:] if frame[-1:] == tokens[-1:] else []
        return tokens[: self.window - len(closing)] + closing


class _Errors:
    """The last lines that llama.cpp logged as errors."""

    def __init__(self, library: Any) -> None:
        self._lines: deque[str] = deque(maxlen=3)
        self._callback = library.llama_log_callback(self._note)
        library.llama_log_set(self._callback, ctypes.c_void_p(0))

    def last(self) -> str:
        return "; ".join(self._lines)

    def _note(self, level: int, text: bytes, _: object) -> None:
        if level == _ERROR and text.strip():
            self._lines.append(text.decode("utf-8", "replace").strip())


def _library() -> Any:
    try:
        return importlib.import_module("llama_cpp")
    except (ImportError, OSError, RuntimeError) as error:
        raise Unusable(
            f"llama-cpp-python cannot be loaded ({error}); install it anew: `pip install 'rookery[llama]'`"
        ) from error


def _trained_window(metadata: dict[str, str], otherwise: int) -> int:
    return int(metadata.get(f"{metadata.get('general.architecture')}.context_length", otherwise))


def _require_pooling(library: Any, pooling: int, path: str) -> None:
    if pooling == library.LLAMA_POOLING_TYPE_NONE:
        raise Unusable(f"{path} does not say how its vectors are pooled; set `pooling`, or take an embedding model")
    if pooling == library.LLAMA_POOLING_TYPE_RANK:
        raise Unusable(f"{path} is a reranker and not an embedding model; take another one")
