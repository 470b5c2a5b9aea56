"""LoRA adapters by peft, trained in a process of its own: torch is heavy, and it can be ended at any time."""

import asyncio
import importlib.util
import sys
from collections.abc import Callable, Sequence

from rookery.adapters.support.processes import WorkerProcess
from rookery.adapters.tuners.peft.wire import ANSWER, Done, Refused, Step, part_of
from rookery.domain.errors import ConfigurationError, TunerError
from rookery.domain.lessons import Progress, Trained, Training
from rookery.domain.ports.tuner import TunerPort

WORKER = [sys.executable, "-P", "-m", "rookery.adapters.tuners.peft.worker"]
_LIBRARIES = ("gguf", "peft", "torch", "transformers")


class PeftTuner(TunerPort):
    """Trains on a CPU, or on an NVIDIA GPU where torch finds one.

    Args:
        command: the program that trains, another one than Rookery's own.

    Raises:
        ConfigurationError: a library is not installed.
    """

    def __init__(self, *, command: Sequence[str] = tuple(WORKER)) -> None:
        missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
        if missing:
            raise ConfigurationError(f"tuning needs {', '.join(missing)}: `pip install 'rookery[tune]'` (docs/tune.md)")
        self._command = command

    async def train(self, training: Training, told: Callable[[Progress], None]) -> Trained:
        """Train an adapter and write it, whole, to `training.out`.

        Raises:
            TunerError: the model is of a kind that cannot be tuned, or the training failed.
        """
        loop = asyncio.get_running_loop()
        try:
            process = WorkerProcess(self._command)
        except OSError as error:
            raise TunerError(f"the training cannot be started: {error}") from error
        try:
            return await asyncio.to_thread(
                _listen, process, training, lambda progress: loop.call_soon_threadsafe(told, progress)
            )
        finally:
            process.kill()
            await asyncio.to_thread(process.bury)
            part_of(training.out).unlink(missing_ok=True)


def _listen(process: WorkerProcess, training: Training, told: Callable[[Progress], object]) -> Trained:
    try:
        process.stdin.write(training.model_dump_json().encode() + b"\n")
        process.stdin.flush()
        for line in process.stdout:
            match ANSWER.validate_json(line):
                case Step(progress=progress):
                    told(progress)
                case Done(trained=trained):
                    return trained
                case Refused(why=why):
                    raise TunerError(why)
    except (OSError, ValueError) as error:
        raise _died(process) from error
    raise _died(process)


def _died(process: WorkerProcess) -> TunerError:
    process.wait()
    epitaph = process.bury()
    hint = "; memory may have run out: try --qlora, or a smaller model" if epitaph.cause == "SIGKILL" else ""
    return TunerError(f"the training ended before it was done {epitaph}; nothing was kept{hint}", retryable=True)
