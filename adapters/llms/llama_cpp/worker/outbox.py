"""Answers on their way to the adapter."""

import os
import threading
from typing import BinaryIO

from pydantic import BaseModel

from rookery.adapters.llms.llama_cpp.wire import Failed, Notice, write
from rookery.adapters.llms.llama_cpp.worker.library import Unusable


class Outbox:
    """Writes frames, from any thread. When nobody reads any more, the process ends."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, message: BaseModel) -> None:
        """Write a frame."""
        try:
            with self._lock:
                write(self._stream, message)
        except OSError:
            os._exit(0)

    def notice(self, text: str) -> None:
        """Tell the person what degraded."""
        self.send(Notice(text=text))

    def fail(self, number: int, error: Unusable) -> None:
        """Tell why a request, or with number 0 the whole process, has failed."""
        self.send(Failed(id=number, kind=error.kind, message=str(error), numbers=error.numbers))

    def cancelled(self, number: int, why: str = "the request was cancelled") -> None:
        """Tell that a request has ended because nobody wants it any more."""
        self.send(Failed(id=number, kind="cancelled", message=why))
