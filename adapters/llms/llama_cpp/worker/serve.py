"""Listens, prepares and decodes until standard input ends."""

import os
import threading
from pathlib import Path
from typing import BinaryIO

from rookery.adapters.llms.llama_cpp.wire import (
    REQUEST,
    Ask,
    Cancel,
    Check,
    Count,
    Devices,
    Generate,
    Load,
    Look,
    Request,
    Restore,
    Restored,
    State,
    Suspend,
    Suspended,
    Weigh,
    read,
)
from rookery.adapters.llms.llama_cpp.worker.context import AbortFlag, Context
from rookery.adapters.llms.llama_cpp.worker.desk import Desk
from rookery.adapters.llms.llama_cpp.worker.engine import Broken, Engine
from rookery.adapters.llms.llama_cpp.worker.ledger import Ledger
from rookery.adapters.llms.llama_cpp.worker.library import Library, Unusable
from rookery.adapters.llms.llama_cpp.worker.lobby import Lobby
from rookery.adapters.llms.llama_cpp.worker.model import Model
from rookery.adapters.llms.llama_cpp.worker.outbox import Outbox
from rookery.adapters.llms.llama_cpp.worker.prompts import Prompts
from rookery.adapters.llms.llama_cpp.worker.residence import Residence, shape_of
from rookery.adapters.llms.llama_cpp.worker.states import Room, States
from rookery.adapters.llms.llama_cpp.worker.weighing import Scales

_MEGABYTE = 2**20


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer what comes; a model that cannot be loaded ends it."""
    outbox = Outbox(answers)
    while (frame := read(requests)) is not None:
        first = REQUEST.validate_json(frame)
        try:
            match first:
                case Look():
                    outbox.send(Devices(devices=Library().look()))
                case Load():
                    worker = Worker(Library(), first, outbox)
                    worker.run(requests)
                    return
                case _:
                    raise Unusable("request", "the first message must load a model")
        except Unusable as error:
            outbox.fail(0, error)
            return


class Worker:
    """A loaded model with all that serves it.

    Raises:
        Unusable: the model cannot be loaded.
    """

    def __init__(self, library: Library, load: Load, outbox: Outbox) -> None:
        self._outbox = outbox
        self._model = model = Model(library, load)
        flag = AbortFlag(model)
        self._lobby = Lobby(abort=flag.set, resume=flag.clear)
        prompts = Prompts(model)
        self._scales = Scales(model, prompts)
        self._desk = Desk(model, prompts, self._lobby, outbox)
        context = Context(model)
        folder = Path(load.disk_cache) if load.disk_cache is not None else None
        room = Room(load.ram_cache_mb * _MEGABYTE, folder, load.disk_cache_mb * _MEGABYTE)
        whole = bool(model.sliding) or not model.trims()
        states = States(shape_of(model), room, whole=whole, notice=outbox.notice)
        ledger = Ledger(context, model.sequences, trims=model.trims(), sliding=model.sliding)
        self._residence = Residence(context, ledger, states, prompts, model=model)
        self._engine = Engine(model, context, self._residence, self._lobby, outbox)

    def run(self, requests: BinaryIO) -> None:
        """Decode until the process is to end: it was suspended, or its device failed."""
        self._outbox.send(self._model.described())
        threading.Thread(target=self._desk.run, name="desk", daemon=True).start()
        threading.Thread(target=self._listen, args=(requests,), name="listener", daemon=True).start()
        try:
            while self._obey():
                if not self._engine.turn():
                    self._lobby.rest()
        except Broken:
            os._exit(1)

    def _listen(self, requests: BinaryIO) -> None:
        """When nobody can ask any more, the process ends at once, whatever it computes."""
        while (frame := read(requests)) is not None:
            self._hear(REQUEST.validate_json(frame))
        os._exit(0)

    def _hear(self, request: Request) -> None:
        match request:
            case Cancel():
                if self._lobby.cancel(request.id):
                    self._outbox.cancelled(request.id)
            case Ask():
                self._outbox.send(self._state(request))
            case Suspend() | Restore() | Weigh():
                self._lobby.command(request)
            case Generate():
                self._lobby.enter(request.id, request.priority)
                self._desk.take(request)
            case Count() | Check():
                self._desk.take(request)
            case _:
                raise ValueError("a worker loads one model")

    def _obey(self) -> bool:
        """Do what was commanded between two steps; false if the process is to end."""
        match self._lobby.next_command():
            case Suspend() as command:
                return not self._suspend(command)
            case Restore() as command:
                sessions, left_out = self._residence.restore(Path(command.folder))
                self._outbox.send(Restored(id=command.id, sessions=sessions, left_out=left_out))
            case Weigh() as command:
                self._weigh(command)
        return True

    def _weigh(self, command: Weigh) -> None:
        try:
            self._outbox.send(self._scales.weigh(command))
        except Unusable as error:
            self._outbox.fail(command.id, error)

    def _suspend(self, command: Suspend) -> bool:
        self._engine.stop_all("the model was suspended; ask again when it is back")
        try:
            sessions = self._residence.suspend(Path(command.folder))
        except OSError as error:
            why = f"sessions cannot be written to {command.folder}: {error.strerror}; free space there, or take another"
            self._outbox.fail(command.id, Unusable("request", why))
            return False
        self._outbox.send(Suspended(id=command.id, sessions=sessions))
        return True

    def _state(self, request: Ask) -> State:
        counts = self._engine.counts
        return State(
            id=request.id,
            running=counts.running,
            waiting=self._lobby.waiting(),
            slots=self._model.load.slots,
            prompt_tokens=counts.prompt,
            evaluated_tokens=counts.evaluated,
            completion_tokens=counts.completion,
            decode_steps=counts.steps,
            evicted_sessions=self._residence.evicted,
            device=self._model.load.device or "CPU",
        )
