"""The worker process as the embedder sees it: started, asked, and buried when it dies."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, BinaryIO, NamedTuple, cast

from pydantic import BaseModel

from rookery.adapters.embedders.llama_cpp.wire import Answer, Embed, Load, read, unpack, write
from rookery.domain.errors import EmbedderError

_WORKER = [sys.executable, "-P", "-m", "rookery.adapters.embedders.llama_cpp.worker"]
_ENVIRONMENT = {
    "GGML_NO_BACKTRACE": "1",  # no debugger is started when it aborts
    "OMP_WAIT_POLICY": "passive",  # threads that spin while they wait cost twice the time on a busy machine
}
_LAST_WORDS = 400  # characters
_PATIENCE = 2.0  # seconds that a worker without work has to end by itself


class Limit(NamedTuple):
    """How long something may take, and the setting that says so."""

    seconds: float
    setting: str


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
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(  # noqa: S603
            _WORKER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=_ENVIRONMENT | os.environ,
        )
        try:
            self.dimension = self._ask(load, "loading the model", limits.load)[0].dimension
        except BaseException:
            self.stop()
            raise

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vectors of the texts, of any length.

        Raises:
            EmbedderError: llama.cpp refused, or the process died or was too slow (`retryable`).
        """
        answer, packed = self._ask(Embed(texts=list(texts)), "embedding", self._limits.answer)
        return list(unpack(packed, answer.dimension))

    def stop(self) -> None:
        """End the process: kindly, then by force."""
        with suppress(OSError):
            self._stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self._bury()

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
            write(self._stdin, message)
            return read(self._stdout)
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
        last_words = self._last_words()
        self._bury()
        if exceeded:
            return EmbedderError(
                f"llama.cpp was stopped: {doing} took longer than {exceeded.seconds:g} s; raise `{exceeded.setting}`, "
                "or take a smaller model",
                retryable=True,
            )
        return EmbedderError(
            f"llama.cpp's process died while {doing} ({_cause(self._process.returncode)}){last_words}; it is started "
            "anew by the next call. If it dies again, lower `n_ctx` and `n_batch`, or take another model",
            retryable=True,
        )

    def _last_words(self) -> str:
        self._process.kill()
        self._process.wait()
        end = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, end - _LAST_WORDS))
        text = " ".join(self._stderr.read().decode("utf-8", "replace").split())
        return f": {text}" if text else ""

    def _bury(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._stdin, self._stdout, self._stderr):
            with suppress(OSError):
                stream.close()

    @property
    def _stdin(self) -> BinaryIO:
        return cast("BinaryIO", self._process.stdin)

    @property
    def _stdout(self) -> BinaryIO:
        return cast("BinaryIO", self._process.stdout)


def _cause(returncode: int) -> str:
    if returncode >= 0:
        return f"exit code {returncode}"
    with suppress(ValueError):
        return signal.Signals(-returncode).name
    return f"signal {-returncode}"
