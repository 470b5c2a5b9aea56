"""A program that speaks the protocol of the llama.cpp worker and misbehaves as its arguments say.

It needs no model: it answers by the words of the last message, one piece each, and counts words. Devices are what it is
told; on one of them it may fail.
"""

import argparse
import os
import signal
import sys
from typing import BinaryIO

from rookery.adapters.llms.llama_cpp import wire

LAYERS = 8


def main() -> None:
    """Answer until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    options = _options()
    sys.stderr.write(f"started as {os.getpid()}\n")
    sys.stderr.flush()
    Worker(options, sys.stdin.buffer, sys.stdout.buffer).run()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", action="append", default=[], help="one that is there")
    parser.add_argument("--fault", choices=["lost", "memory", "numbers", "die", "hang", "lie", "load"], default="lost")
    parser.add_argument("--where", choices=["device", "everywhere"], default="device", help="the fault happens")
    parser.add_argument("--after", type=int, default=1_000_000, help="generations of a process before the fault")
    parser.add_argument("--layers", type=int, default=0, help="a device with so few layers is well")
    parser.add_argument("--broken", default="", help="the one device that is not well; default: all")
    parser.add_argument("--spare", default="", choices=["", "probe"], help="no fault where the context is small")
    parser.add_argument("--garbage", default="", help="hexadecimal bytes that are said before the first piece")
    parser.add_argument("--log", default="", help="a file that names each start: the device and its layers")
    return parser.parse_args()


class Worker:
    """Answers one request after another."""

    def __init__(self, options: argparse.Namespace, requests: BinaryIO, replies: BinaryIO) -> None:
        self._options, self._requests, self._replies = options, requests, replies
        self._generations = 0
        self._faulty = False

    def run(self) -> None:
        while (frame := wire.read(self._requests)) is not None:
            self._answer(wire.REQUEST.validate_json(frame))

    def _say(self, reply: wire._Wire) -> None:
        wire.write(self._replies, reply)

    def _answer(self, request: wire.Request) -> None:
        match request:
            case wire.Look():
                self._say(wire.Devices(devices=[_device(name) for name in self._options.device]))
            case wire.Load():
                self._load(request)
            case wire.Generate():
                self._generate(request)
            case wire.Count():
                self._say(wire.Counted(id=request.id, tokens=_words(request.messages)))
            case wire.Ask():
                self._say(_idle(request.id))
            case wire.Suspend():
                self._say(wire.Suspended(id=request.id, sessions=1))
                sys.exit(0)
            case wire.Restore():
                self._say(wire.Restored(id=request.id, sessions=1, left_out=0))
            case _:
                pass

    def _load(self, load: wire.Load) -> None:
        layers = (LAYERS if load.gpu_layers < 0 else load.gpu_layers) if load.device else 0
        on_device = layers > self._options.layers and self._options.broken in ("", load.device)
        spared = self._options.spare == "probe" and load.slots == 1
        self._faulty = (on_device and not spared) or self._options.where == "everywhere"
        if self._options.log:
            with open(self._options.log, "a", encoding="utf-8") as log:  # noqa: PTH123
                log.write(f"{load.device or 'CPU'} {layers}\n")
        if self._faulty and self._options.fault == "load":
            return self._fail(0)
        return self._say(
            wire.Loaded(
                description="fake",
                architecture="fake",
                n_ctx=load.n_ctx,
                n_ctx_train=load.n_ctx,
                vocabulary=1,
                layers=LAYERS,
                device=load.device or "CPU",
                gpu_layers=layers,
                template=True,
            )
        )

    def _generate(self, request: wire.Generate) -> None:
        words = request.messages[-1].content.split(" ")[: request.max_tokens]
        fails = self._faulty and self._generations >= self._options.after
        self._generations += 1
        if self._options.garbage:
            self._replies.write(bytes.fromhex(self._options.garbage))
            self._replies.flush()
        if fails and self._options.fault == "lie":
            words[-1] = "lie"
        for number, word in enumerate(words):
            if fails and self._options.fault != "lie" and number == len(words) // 2:
                return self._fail(request.id)
            self._say(wire.Piece(id=request.id, text=f"{' ' if number else ''}{word}"))
        self._say(
            wire.Finished(
                id=request.id,
                reason="stop",
                prompt_tokens=_words(request.messages),
                cached_prompt_tokens=0,
                completion_tokens=len(words),
            )
        )
        return None

    def _fail(self, number: int) -> None:
        match self._options.fault:
            case "die":
                sys.stderr.write("GGML_ASSERT failed\n")
                os.abort()
            case "hang":
                signal.pause()
            case "memory" | "load":
                self._say(wire.Failed(id=number, kind="memory", message="no room on the device"))
            case "numbers":
                self._say(wire.Failed(id=number, kind="numbers", message="NaN"))
            case _:
                self._say(wire.Failed(id=number, kind="device", message="device lost"))


def _device(name: str) -> wire.Device:
    return wire.Device(name=name, description="made up", kind="gpu", memory_total=0, memory_free=0)


def _words(messages: list[wire.Turn]) -> int:
    return sum(len(message.content.split()) for message in messages)


def _idle(number: int) -> wire.State:
    return wire.State(
        id=number,
        running=0,
        waiting=0,
        slots=1,
        prompt_tokens=0,
        evaluated_tokens=0,
        completion_tokens=0,
        decode_steps=0,
        evicted_sessions=0,
        device="CPU",
    )


if __name__ == "__main__":
    main()
