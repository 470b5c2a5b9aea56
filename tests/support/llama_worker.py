"""The worker process of a llama.cpp model, spoken to as its adapter does, but one answer after another."""

import subprocess
import sys
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from pydantic import BaseModel

from rookery.adapters.llms.llama_cpp import wire

COMMAND = [sys.executable, "-m", "rookery.adapters.llms.llama_cpp.worker"]


class Reply(NamedTuple):
    """A whole generation."""

    text: str
    end: wire.Finished | wire.Failed

    @property
    def finished(self) -> wire.Finished:
        assert isinstance(self.end, wire.Finished), self.end
        return self.end

    @property
    def failed(self) -> wire.Failed:
        assert isinstance(self.end, wire.Failed), self.end
        return self.end


class LlamaWorker:
    """A running worker."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._requests, self._answers = cast("BinaryIO", self.process.stdin), cast("BinaryIO", self.process.stdout)
        self.notices: list[str] = []
        self._kept: dict[int, deque[wire.Reply]] = defaultdict(deque)
        self._numbers = iter(range(1, 10**9))

    def number(self) -> int:
        return next(self._numbers)

    def send(self, message: BaseModel) -> None:
        wire.write(self._requests, message)

    def receive(self) -> wire.Reply | None:
        """Return the next answer, whosever it is; null at the end."""
        frame = wire.read(self._answers)
        return None if frame is None else wire.REPLY.validate_json(frame)

    def answer(self, number: int) -> wire.Reply:
        """Return the next answer to a request; those to others are kept for them."""
        while not self._kept[number]:
            reply = self.receive()
            assert reply is not None, "the worker ended"
            if isinstance(reply, wire.Notice):
                self.notices.append(reply.text)
            else:
                self._kept[getattr(reply, "id", 0)].append(reply)
        return self._kept[number].popleft()

    def start(self, messages: Sequence[wire.Turn] | str, **options: object) -> int:
        """Begin a generation; return its number."""
        turns = [wire.Turn(role="user", content=messages)] if isinstance(messages, str) else list(messages)
        number = self.number()
        self.send(wire.Generate.model_validate({"id": number, "messages": turns, **options}))
        return number

    def finish(self, number: int) -> Reply:
        """Wait for the end of a generation."""
        text = ""
        while isinstance(answer := self.answer(number), wire.Piece):
            text += answer.text
        assert isinstance(answer, wire.Finished | wire.Failed)
        return Reply(text, answer)

    def generate(self, messages: Sequence[wire.Turn] | str, **options: object) -> Reply:
        return self.finish(self.start(messages, **options))

    def count(self, messages: Sequence[wire.Turn] | str) -> int:
        turns = [wire.Turn(role="user", content=messages)] if isinstance(messages, str) else list(messages)
        number = self.number()
        self.send(wire.Count(id=number, messages=turns))
        answer = self.answer(number)
        assert isinstance(answer, wire.Counted), answer
        return answer.tokens

    def state(self) -> wire.State:
        number = self.number()
        self.send(wire.Ask(id=number))
        answer = self.answer(number)
        assert isinstance(answer, wire.State)
        return answer

    def close(self) -> int:
        """End it as its adapter would; return its exit code."""
        with suppress(BrokenPipeError):
            self._requests.close()
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self._answers.close()


@contextmanager
def llama_worker(path: Path, **load: object) -> Iterator[LlamaWorker]:
    """Run a worker that has loaded a model."""
    worker = LlamaWorker()
    try:
        values = {"path": str(path), "n_ctx": 512, "slots": 4, "n_batch": 128, "threads": 1, **load}
        worker.send(wire.Load.model_validate(values))
        answer = worker.answer(0)
        assert isinstance(answer, wire.Loaded), answer
        yield worker
    finally:
        worker.close()
