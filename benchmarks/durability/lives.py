"""Processes that are forked from a warm parent in milliseconds, and killed.

The parent has imported everything and has neither an event loop nor open files of a home. A life is the real command
line, or a small workflow, in a process group of its own, so that helpers die with it. It reports lines on a pipe.
"""

import contextlib
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

HURRY = 0.002  # seconds after a line within which a kill by line comes


class Blow(NamedTuple):
    """When to kill: after so many lines, or so many seconds; then a moment later."""

    lines: int | None
    seconds: float


NEVER = Blow(None, float("inf"))


@dataclass
class Ended:
    """How a life ended: the lines that it reported, its exit code (None: it was killed), and how long it took."""

    lines: list[str] = field(default_factory=list)
    code: int | None = None
    seconds: float = 0.0


def warm_up() -> None:
    """Import what commands import, so that lives do not."""
    import chromadb
    import chromadb.config
    import pypdf
    import rich.console
    import trafilatura

    import rookery.adapters.orchestrators.local
    import rookery.entrypoints.cli.app
    import rookery.entrypoints.container

    assert all((chromadb, pypdf, rich, trafilatura, rookery))


def live(begin: Callable[[], int], blow: Blow, *, variables: Mapping[str, str], log: Path) -> Ended:
    """Let a life run to its end, or until the blow."""
    reading, writing = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_born(begin, writing, variables, log)
    os.close(writing)
    ended = Ended()
    with contextlib.suppress(ProcessLookupError):  # it may be over already
        os.setpgid(child, child)
    try:
        killed = _watch(reading, child, blow, began, ended.lines)
    finally:
        os.close(reading)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    ended.code = None if killed and code == -signal.SIGKILL else code
    ended.seconds = time.monotonic() - began
    return ended


def chance_blow(chance: random.Random, lines: int, seconds: float) -> Blow:
    """Return a blow at a random moment of a life that has about so many lines and seconds."""
    if chance.random() < 0.5:
        return Blow(None, chance.uniform(0, seconds))
    return Blow(chance.randint(1, max(1, lines)), chance.uniform(0, HURRY))


def _be_born(begin: Callable[[], int], writing: int, variables: Mapping[str, str], log: Path) -> None:
    code = 1
    try:
        os.setpgid(0, 0)
        os.dup2(writing, 1)
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        os.close(writing)
        os.environ.update(variables)
        sys.stdout = open(1, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor
        sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
        code = begin()
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os._exit(code)


def _watch(reading: int, child: int, blow: Blow, began: float, lines: list[str]) -> bool:
    """Collect the lines until the life ends or the blow falls; say whether it fell."""
    deadline = None if blow.lines is not None else began + blow.seconds
    for line in _lines(reading, deadline):
        if line is None:
            break
        lines.append(line)
        if blow.lines is not None and len(lines) >= blow.lines:
            time.sleep(blow.seconds)
            break
    else:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return True


def _lines(reading: int, deadline: float | None) -> Iterator[str | None]:
    """Yield whole lines; None when the deadline passes."""
    import select

    pending = b""
    while True:
        left = None if deadline is None or deadline == float("inf") else max(0.0, deadline - time.monotonic())
        if not select.select([reading], [], [], left)[0]:
            yield None
            return
        piece = os.read(reading, 65536)
        if not piece:
            return
        *whole, pending = (pending + piece).split(b"\n")
        yield from (line.decode() for line in whole)
