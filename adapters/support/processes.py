"""Programs that run beside Rookery because they can die: started with little, listened to, and buried."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, BinaryIO, NamedTuple, cast

_LAST_WORDS = 400  # characters
_PATIENCE = 2.0  # seconds that a program without work has to end by itself
_PASSED_ON = {
    "PATH",
    "HOME",
    "TMPDIR",
    "XDG_CACHE_HOME",  # where drivers keep compiled shaders
    "SYSTEMROOT",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "LLAMA_CPP_LIB_PATH",
}
_FAMILIES_PASSED_ON = ("CUDA_", "GGML_", "HIP_", "MESA_", "OMP_", "VK_")
_DEFAULTS = {
    "GGML_NO_BACKTRACE": "1",  # no debugger is started when it aborts
    "OMP_WAIT_POLICY": "passive",  # threads that spin while they wait cost twice the time on a busy machine
}


class Limit(NamedTuple):
    """How long something may take, and the setting that says so."""

    seconds: float
    setting: str


class Epitaph(NamedTuple):
    """How a process ended."""

    cause: str
    last_words: str

    def __str__(self) -> str:
        return f"({self.cause}){f': {self.last_words}' if self.last_words else ''}"


class WorkerProcess:
    """A program that is spoken to through its standard input and output.

    It gets few variables of the environment, and no credential among them. What it says on standard error is kept for
    the case of its death.

    Args:
        command: the program and its arguments.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        try:
            self._process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env=environment_of_a_worker(os.environ),
            )
        except BaseException:
            self._stderr.close()
            raise

    @property
    def stdin(self) -> BinaryIO:
        """What it reads."""
        return cast("BinaryIO", self._process.stdin)

    @property
    def stdout(self) -> BinaryIO:
        """What it writes."""
        return cast("BinaryIO", self._process.stdout)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended; `poll` would take it for living while another thread waits for its end."""
        if self._process.returncode is not None:
            return False
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:
            return False  # the other thread has just seen its end

    def kill(self) -> None:
        """End it by force; its pipes then end, too."""
        self._process.kill()

    def wait(self, seconds: float = _PATIENCE) -> None:
        """Wait for its end, then force it."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()

    def stop(self) -> None:
        """End it: kindly, by closing what it reads, then by force. Nobody else may be writing to it."""
        with suppress(OSError):
            self.stdin.close()
        self.wait()
        self.bury()

    def bury(self) -> Epitaph:
        """Make sure that it has ended, close its pipes, and return how it ended."""
        self.kill()
        self._process.wait()
        epitaph = Epitaph(_cause(self._process.returncode), self._last_words())
        for stream in (self.stdin, self.stdout, self._stderr):
            with suppress(OSError):
                stream.close()
        return epitaph

    def _last_words(self) -> str:
        if self._stderr.closed:
            return ""
        end = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, end - _LAST_WORDS))
        return " ".join(self._stderr.read().decode("utf-8", "replace").split())


def environment_of_a_worker(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a program that computes has to know: where libraries lie and how devices are used."""
    passed_on = {
        name: value
        for name, value in environment.items()
        if name.upper() in _PASSED_ON or name.startswith(_FAMILIES_PASSED_ON)
    }
    return _DEFAULTS | passed_on


def _cause(returncode: int) -> str:
    if returncode >= 0:
        return f"exit code {returncode}"
    with suppress(ValueError):
        return signal.Signals(-returncode).name
    return f"signal {-returncode}"
