"""The worker process as the embedder sees it: started, asked, and buried when it dies."""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from pydantic import BaseModel

from rookery.adapters.embedders.llama_cpp.wire import Answer, Embed, Load, read, unpack, write
from rookery.adapters.support.processes import Limit, WorkerProcess
from rookery.domain.errors import EmbedderError

_WORKER = [sys.executable, "-P", "-m", "rookery.adapters.embedders.llama_cpp.worker"]


class Limits(NamedTuple):
    """The limits for loading the model and for one answer."""

    load: Limit
    answer: Limit


class Child:
    """A worker process with a loaded model. One call at a time; each blocks.

    Args:
        load: what the worker loads.
        limits: how long that and an answer may take.

    Raises:
        EmbedderError: the model cannot be loaded, or the process died or was too slow (`retryable`).
    """

    def __init__(self, load: Load, limits: Limits) -> None:
        self._limits = limits
        self._process = WorkerProcess(_WORKER)
        try:
            self.dimension = self._ask(load, "loading the model", limits.load)[0].dimension
        except BaseException:
            self.stop()
            raise

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.alive

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vectors of the texts, of any length.

        Raises:
            EmbedderError: llama.cpp refused, or the process died or was too slow (`retryable`).
        """
        answer, packed = self._ask(Embed(texts=list(texts)), "embedding", self._limits.answer)
        return list(unpack(packed, answer.dimension))

    def stop(self) -> None:
        """End the process: kindly, then by force."""
        self._process.stop()

    def _ask(self, message: BaseModel, doing: str, limit: Limit) -> tuple[Answer, bytes]:
        with self._deadline(limit.seconds) as expired:
            frame = self._exchange(message)
        if frame is None:
            raise self._death(doing, limit if expired.is_set() else None)
        answer = Answer.model_validate_json(frame[0])
        if answer.error is not None:
            raise EmbedderError(answer.error)
        return answer, frame[1]

    def _exchange(self, message: BaseModel) -> tuple[bytes, bytes] | None:
        try:
            write(self._process.stdin, message)
            return read(self._process.stdout)
        except OSError:
            return None

    @contextmanager
    def _deadline(self, seconds: float) -> Iterator[threading.Event]:
        """Kill the process when the block takes too long: its closed pipe then ends the block."""
        expired = threading.Event()

        def kill() -> None:
            expired.set()
            self._process.kill()

        timer = threading.Timer(seconds, kill)
        timer.daemon = True
        timer.start()
        try:
            yield expired
        finally:
            timer.cancel()

    def _death(self, doing: str, exceeded: Limit | None) -> EmbedderError:
        epitaph = self._process.bury()
        if exceeded:
            return EmbedderError(
                f"llama.cpp was stopped: {doing} took longer than {exceeded.seconds:g} s; raise `{exceeded.setting}`, "
                "or take a smaller model",
                retryable=True,
            )
        return EmbedderError(
            f"llama.cpp's process died while {doing} {epitaph}; it is started anew by the next call. If it dies "
            "again, lower `n_ctx` and `n_batch`, or take another model",
            retryable=True,
        )
