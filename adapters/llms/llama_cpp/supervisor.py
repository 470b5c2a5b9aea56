"""The one worker of a model: started when it is needed, started again after a crash, moved off a device that fails."""

import asyncio
import threading
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from rookery.adapters.llms.llama_cpp.backends import CPU, Backends, BackendState, told
from rookery.adapters.llms.llama_cpp.crashes import Crashes
from rookery.adapters.llms.llama_cpp.devices import Probe, Spawn
from rookery.adapters.llms.llama_cpp.engine import Engine, Program
from rookery.adapters.llms.llama_cpp.failures import Closed, DeviceFailed, WorkerDied, again
from rookery.adapters.llms.llama_cpp.files import find_model
from rookery.adapters.llms.llama_cpp.settings import LoraFile, Settings
from rookery.adapters.llms.llama_cpp.wire import Load, Loaded, Look, Lora
from rookery.domain.errors import InvalidRequest, LLMError

T = TypeVar("T")
_NOTICES = 20  # that nobody has taken
_HANDED_ON = {
    *("n_ctx", "slots", "kv_tokens", "kv_type", "n_batch", "flash_attention", "threads"),
    *("ram_cache_mb", "disk_cache_mb"),
}


class Supervisor:
    """Safe to use from any thread and event loop. It starts nothing by itself.

    Args:
        settings: which model, and how to run it.
        program: how a worker is run.
        backends: choose the device.
        models: the models folder.
        cache: the folder for conversations that leave the RAM.
    """

    def __init__(
        self, settings: Settings, *, program: Program, backends: Backends, models: Path, cache: Path | None
    ) -> None:
        self._settings, self._program, self._backends = settings, program, backends
        self._models, self._cache = models, cache
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._starting: Future[Engine] | None = None
        self._engine: Engine | None = None
        self._engines: set[Engine] = set()
        self._notices: list[str] = []
        self._crashes = Crashes(program.clock, settings.restart_backoff_seconds)
        self.loaded: Loaded | None = None

    @property
    def running(self) -> Engine | None:
        """The worker, when there is one that takes requests."""
        engine = self._engine
        return engine if engine is not None and engine.alive else None

    async def engine(self) -> Engine:
        """Return the worker, started when there is none; all who wait for a start share it.

        Raises:
            LLMError: the model cannot be loaded; or the process dies again and again.
        """
        with self._lock:
            if self._starting is None and (running := self.running):
                return running
            start = self._starting or self._begin()
        return await _outcome(start)

    def backend(self) -> BackendState | None:
        """Return where the model runs, or will by what was found before; null before the first time."""
        try:
            return self._backends.remembered(self._find())
        except (LLMError, OSError):
            return None

    def retry_devices(self) -> None:
        """Stop the worker and have the next start try the devices again; blocks.

        Raises:
            LLMError: the model is not there.
        """
        self.stop()
        self._backends.forget(self._find())

    def take_notices(self) -> list[str]:
        """Return what degraded since the last time."""
        with self._lock:
            notices, self._notices = self._notices, []
        return notices

    def stop(self) -> None:
        """End all workers; blocks. The next request starts one anew."""
        with self._lock:
            self._closing.set()
            self._closing, self._starting = threading.Event(), None
            self._crashes.forget()
            engines, self._engines = self._engines, set()
            self._engine = None
        for engine in engines:
            engine.stop()

    def _begin(self) -> Future[Engine]:
        start: Future[Engine] = Future()
        self._starting = start
        arguments = (start, self._closing)
        threading.Thread(target=self._start, args=arguments, name="llama.cpp start", daemon=True).start()
        return start

    def _start(self, start: Future[Engine], closing: threading.Event) -> None:
        try:
            engine = self._bring_up(closing)
        except BaseException as error:
            with self._lock:
                self._starting = None if self._starting is start else self._starting
            start.set_exception(error)
            return
        with self._lock:
            if self._starting is start:
                self._starting, self._engine = None, engine
        start.set_result(engine)

    def _bring_up(self, closing: threading.Event) -> Engine:
        self._take_stock()
        self._crashes.wait(closing)
        path = self._find()
        spawn = partial(self._spawn, closing)
        state = self._choose(path, spawn)
        while True:
            engine = spawn(self._load(path, state))
            try:
                reply = engine.ready()
            except DeviceFailed as error:
                state = self._step_down(path, state, str(error))
            except WorkerDied as error:
                self._crashes.note(str(error), useful=False)
                raise
            else:
                self.loaded = reply if isinstance(reply, Loaded) else None
                return engine

    def _take_stock(self) -> None:
        """Draw conclusions from how the last worker ended."""
        engine, self._engine = self._engine, None
        if engine is None:
            return
        failure = engine.post_mortem()
        self._engines.discard(engine)
        path = self._find()
        state = self._backends.remembered(path)
        if isinstance(failure, DeviceFailed) and state is not None:
            self._step_down(path, state, str(failure))
        elif isinstance(failure, WorkerDied):
            self._crashes.note(str(failure), useful=engine.finished > 0)

    def _choose(self, path: Path, spawn: Spawn) -> BackendState:
        wanted = self._settings.device
        load = self._load(path, None)
        try:
            return self._backends.choose(path, Probe(spawn, load, wanted=wanted, state=self._backends.state))
        except WorkerDied as error:
            self._crashes.note(str(error), useful=False)
            raise

    def _step_down(self, path: Path, state: BackendState, why: str) -> BackendState:
        lower = self._backends.step_down(path, state, why)
        self.tell(told(lower))
        return lower

    def tell(self, notice: str) -> None:
        """Keep what the person is to be told with the next reply."""
        with self._lock:
            self._notices = [*self._notices, notice][-_NOTICES:]

    def _spawn(self, closing: threading.Event, first: Load | Look) -> Engine:
        with self._lock:
            if closing.is_set():
                raise Closed
            self._engines = {engine for engine in self._engines if engine.alive}
            engine = Engine(self._program, first, notice=self.tell)
            self._engines.add(engine)
            return engine

    def _find(self) -> Path:
        try:
            return find_model(self._models, self._settings.model).absolute()
        except InvalidRequest as error:
            raise LLMError(str(error)) from error

    def _load(self, path: Path, state: BackendState | None) -> Load:
        """Without a choice of device, as the settings want it."""
        settings = self._settings
        on_device = state is not None and state.device != CPU
        layers = state.layers if state else settings.gpu_layers
        if state and settings.gpu_layers < 0 and 0 < state.all_layers <= state.layers:
            layers = -1
        return Load(
            path=str(path),
            device=state.device if state and on_device else None,
            gpu_layers=layers,
            loras=[self._lora(name, lora) for name, lora in settings.loras.items()],
            disk_cache=self._cache_folder(),
            **settings.model_dump(include=_HANDED_ON),
        )

    def _cache_folder(self) -> str | None:
        """It holds conversations, which are nobody else's business."""
        if self._cache is None:
            return None
        try:
            self._cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise LLMError(
                f"{self._cache} cannot be used: {error.strerror}; set `disk_cache` to false, or free the way"
            ) from error
        return str(self._cache)

    def _lora(self, name: str, lora: LoraFile) -> Lora:
        path = self._models / lora.path.expanduser()
        if not path.is_file():
            raise LLMError(f"the LoRA adapter {name!r} of {self._settings.model} is not at {path}; correct `loras`")
        return Lora(name=name, path=str(path), scale=lora.scale)


async def _outcome(start: Future[T]) -> T:
    """Wait for what other threads do, without ending it when this task is cancelled."""
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def tell(_: Future[T]) -> None:
        with suppress(RuntimeError):  # of a loop that is closed
            loop.call_soon_threadsafe(wake)

    start.add_done_callback(tell)
    await waiter
    try:
        return start.result()
    except LLMError as error:
        raise again(error) from error
