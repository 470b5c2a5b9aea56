"""Reading pages that might take minutes or gigabytes in a process that may not.

Parsers of HTML are quick with what people write, and take time that grows with the square of nesting, unclosed tags or
attributes. Pages that can hold many of these are read in a child with limits of time and memory.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import PurePath

from rookery.adapters.readers.documents import Content, File, Settings
from rookery.adapters.support.processes import environment_of_a_worker
from rookery.domain.errors import SourceError, SourceTooLarge

_MARKS = 10_000  # tags of a page that is read here; the worst one of so many took 1.4 s
_LONG_TAG = re.compile(rb"<[^<>]{50000}")
_MEMORY = 3 * 2**30  # bytes of address space
_STARTING = 15.0  # seconds that a child may take before it reads


def is_simple(data: bytes) -> bool:
    """Whether a page is read quickly, whatever is in it."""
    return data.count(b"<") <= _MARKS and _LONG_TAG.search(data) is None


def read_confined(file: File, settings: Settings) -> Content:
    """Read a page of HTML in a child.

    Raises:
        SourceError: the page cannot be read, or not within the limits.
    """
    head = {"path": str(file.path), "shown": file.shown, "charset": file.charset, "settings": settings.model_dump()}
    given = json.dumps(head).encode() + b"\n" + file.data
    try:
        done = subprocess.run(
            [sys.executable, "-m", "rookery.adapters.readers.confined"],
            input=given,
            capture_output=True,
            timeout=settings.max_read_seconds + _STARTING,
            env=environment_of_a_worker(os.environ),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SourceError(_too_much(file, settings)) from error
    if done.returncode != 0:
        raise SourceError(_too_much(file, settings))
    said = json.loads(done.stdout)
    if "error" in said:
        raise (SourceTooLarge if said["too_large"] else SourceError)(said["error"])
    return Content(said["title"], said["text"])


def _too_much(file: File, settings: Settings) -> str:
    return (
        f"{file.shown} is built so that reading it takes more than {settings.max_read_seconds:g} seconds or"
        f" {_MEMORY // 2**30} GiB; save its text, or raise sources.max_read_seconds"
    )


def main() -> None:
    """Read what comes on standard input, and answer on standard output."""
    from rookery.adapters.readers.html import read_markup

    head = json.loads(sys.stdin.buffer.readline())
    settings = Settings.model_validate(head["settings"])
    _limit(settings.max_read_seconds)
    file = File(PurePath(head["path"]), head["shown"], sys.stdin.buffer.read(), head["charset"])
    try:
        content = read_markup(file, settings)
    except SourceError as error:
        print(json.dumps({"error": str(error), "too_large": isinstance(error, SourceTooLarge)}))  # noqa: T201
    else:
        print(json.dumps({"title": content.title, "text": content.text}))  # noqa: T201


def _limit(seconds: float) -> None:
    try:
        import resource
    except ImportError:  # Windows: who waits keeps the time
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
