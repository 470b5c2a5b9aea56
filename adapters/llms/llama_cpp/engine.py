"""A worker process as the adapter sees it: fed and listened to by two threads, so that any event loop can use it."""

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from typing import NamedTuple

from pydantic import BaseModel

from rookery.adapters.llms.llama_cpp import wire
from rookery.adapters.llms.llama_cpp.calls import Answer, Call
from rookery.adapters.llms.llama_cpp.failures import Closed, DeviceFailed, Gone, WorkerDied, again, error_of
from rookery.adapters.support.processes import Epitaph, Limit, WorkerProcess
from rookery.domain.errors import LLMError
from rookery.domain.ports.clock import ClockPort

_PATIENCE = 2.0  # seconds that an idle worker has to end by itself
_DEVICE_FAULTS = ("device", "memory", "numbers")
Readiness = wire.Loaded | wire.Devices


class Limits(NamedTuple):
    """The limits for loading the model and for a time without progress."""

    load: Limit
    stall: Limit


class Program(NamedTuple):
    """How a worker is run."""

    command: Sequence[str]
    limits: Limits
    clock: ClockPort


class Engine:
    """A running worker. Any number of requests at once, from any thread and event loop.

    Args:
        program: how it is run.
        first: what it begins with.
        notice: takes what the worker has to tell the person.

    Raises:
        LLMError: the program cannot be started.
    """

    def __init__(self, program: Program, first: wire.Load | wire.Look, *, notice: Callable[[str], None]) -> None:
        self.tick = program.limits.stall.seconds / 4
        self.finished = 0
        self.failure: LLMError | None = None
        self._on_device = isinstance(first, wire.Load) and first.device is not None
        self._limits, self._clock, self._notice = program.limits, program.clock, notice
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._calls: dict[int, Call] = {}
        self._progress: tuple[int, ...] = ()
        self._heard = program.clock.monotonic()
        self._ready: Future[Readiness] = Future()
        self._letters: SimpleQueue[bytes | None] = SimpleQueue()
        self._letters.put(_frame(first))
        self._process: WorkerProcess
        self._begun: Future[None] = Future()
        arguments = (program.command,)
        self._reader = threading.Thread(target=self._run, args=arguments, name="from llama.cpp", daemon=True)
        self._writer = threading.Thread(target=self._write, name="to llama.cpp", daemon=True)
        self._reader.start()
        try:
            self._begun.result()
        except (OSError, ValueError) as error:
            raise LLMError(f"llama.cpp's process cannot be started: {error}", retryable=True) from error

    @property
    def alive(self) -> bool:
        """Whether it takes requests."""
        return self.failure is None and self._process.alive

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def ready(self) -> Readiness:
        """Wait for the answer to the first message; blocks.

        Raises:
            DeviceFailed: the model cannot be loaded on the device.
            WorkerDied: the process died meanwhile.
            LLMError: the model cannot be loaded.
        """
        limit = self._limits.load
        try:
            return self._ready.result(limit.seconds)
        except TimeoutError:
            self._give_up(
                f"loading the model took longer than {limit.seconds:g} s",
                f"raise `{limit.setting}`, or take a smaller model",
            )
        return self._ready.result()

    def open(self, make: Callable[[int], BaseModel]) -> Call:
        """Send the request that `make` returns for its number; the call must be closed.

        Raises:
            Gone: the worker takes no more requests.
            LLMError: the request cannot be sent.
        """
        call = Call(next(self._numbers), self)
        letter = _frame(make(call.number))
        with self._lock:
            if not self.alive:
                raise Gone
            if not self._calls:
                self._heard = self._clock.monotonic()
            self._calls[call.number] = call
        self._letters.put(letter)
        return call

    def forget(self, call: Call) -> None:
        """Hear no more of a request; one that runs is cancelled."""
        with self._lock:
            self._calls.pop(call.number, None)
        if not call.done:
            self._letters.put(_frame(wire.Cancel(id=call.number)))

    def watch(self) -> None:
        """End a worker that has not got on for too long; ask one that has been silent for a while."""
        limit = self._limits.stall
        with self._lock:
            silent = self._clock.monotonic() - self._heard
        if silent >= limit.seconds:
            self._give_up(
                f"nothing got on for {limit.seconds:g} s",
                f"raise `{limit.setting}` where a step takes so long, or take a smaller model",
            )
        elif silent >= self.tick and self.alive:
            self._letters.put(_frame(wire.Ask(id=next(self._numbers))))

    def post_mortem(self) -> LLMError | None:
        """Wait for the end of one that is not alive, and return what it died of; blocks."""
        self._reader.join()
        return self.failure

    def stop(self) -> None:
        """End it: kindly, then by force. Requests that run fail."""
        self._fail(Closed())
        self._letters.put(None)
        if self._reader is not threading.current_thread():
            self._reader.join(_PATIENCE)
            self._process.kill()
            self._reader.join()

    def _fail(self, error: LLMError) -> None:
        with self._lock:
            self.failure = self.failure or error

    def _give_up(self, why: str, advice: str) -> None:
        self._fail(self._fatal(f"llama.cpp was stopped: {why}", advice))
        self._process.kill()

    def _fatal(self, what: str, advice: str) -> LLMError:
        """Where a device is used, it is to blame: for a hang, too."""
        if self._on_device:
            return DeviceFailed(what)
        return WorkerDied(f"{what}; it is started anew by the next request. If that happens again, {advice}")

    def _write(self) -> None:
        """Send what is to be sent; in a thread, since a process that does not read would stop the event loop."""
        with suppress(OSError):
            while (letter := self._letters.get()) is not None:
                self._process.stdin.write(letter)
                self._process.stdin.flush()
        with suppress(OSError):
            self._process.stdin.close()

    def _run(self, command: Sequence[str]) -> None:
        """A worker has Linux end it with the thread that started it: this one lives as long."""
        try:
            self._process = WorkerProcess(command)
        except (OSError, ValueError) as error:
            self._begun.set_exception(error)
            return
        self._writer.start()
        self._begun.set_result(None)
        self._listen()

    def _listen(self) -> None:
        try:
            while (frame := wire.read(self._process.stdout)) is not None:
                self._hear(wire.REPLY.validate_json(frame))
        except (ValueError, OSError) as error:
            reason = type(error).__name__  # its text may hold what was asked
            self._give_up(f"its process said what is not of the protocol ({reason})", "install Rookery anew")
        finally:
            self._end()

    def _hear(self, reply: wire.Reply) -> None:
        match reply:
            case wire.Notice():
                self._notice(reply.text)
            case wire.State():
                self._note_progress(reply)
            case wire.Loaded() | wire.Devices():
                if not self._ready.done():
                    self._ready.set_result(reply)
            case wire.Failed() if reply.id == 0 or self._is_fault_of_device(reply):
                self._break(reply)
            case _:
                self._deliver(reply)

    def _note_progress(self, state: wire.State) -> None:
        progress = (state.decode_steps, state.evaluated_tokens, state.completion_tokens)
        if progress != self._progress:
            self._progress, self._heard = progress, self._clock.monotonic()

    def _is_fault_of_device(self, failed: wire.Failed) -> bool:
        return self._on_device and failed.kind in _DEVICE_FAULTS

    def _break(self, failed: wire.Failed) -> None:
        error = DeviceFailed(failed.message) if self._is_fault_of_device(failed) else error_of(failed)
        self._fail(error)
        self._process.kill()

    def _deliver(self, reply: Answer | wire.Failed) -> None:
        with self._lock:
            self._heard = self._clock.monotonic()
            self.finished += isinstance(reply, wire.Finished)
            if isinstance(reply, wire.Suspended):
                self._fail(Closed())
            call = self._calls.get(reply.id)
        if call is not None:
            call.hear(reply)

    def _end(self) -> None:
        self._process.wait()
        self._letters.put(None)
        self._writer.join()
        epitaph = self._process.bury()
        with self._lock:
            self.failure = failure = self.failure or self._death(epitaph)
            calls, self._calls = list(self._calls.values()), {}
        if not self._ready.done():
            self._ready.set_exception(again(failure))
        for call in calls:
            if not call.done:
                call.hear(again(failure))

    def _death(self, epitaph: Epitaph) -> LLMError:
        doing = f"it worked on {len(self._calls)} requests" if self._ready.done() else "it loaded the model"
        return self._fatal(
            f"llama.cpp's process died while {doing} {epitaph}{_surmise(epitaph)}",
            "lower `n_ctx` and `slots`, or take another model",
        )


def _surmise(epitaph: Epitaph) -> str:
    if epitaph.cause == "SIGKILL" or "alloc" in epitaph.last_words:
        return " (perhaps for want of memory)"
    if "norm" in epitaph.last_words and "scale > 0.0f" in epitaph.last_words:  # as ggml's normalization asserts
        return " (its weights give no numbers: the file may be damaged; `rookery models pull` gets it anew)"
    return ""


def _frame(message: BaseModel) -> bytes:
    try:
        return wire.frame(message)
    except ValueError as error:
        raise LLMError(f"the request cannot be sent to llama.cpp: {error}") from error
