"""A server that is a program: started with little, listened to with care, ended with all that it has started."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rookery.adapters.tools.mcp.sieve import Sieve, TooMuch
from rookery.adapters.tools.mcp.trouble import Trouble

if TYPE_CHECKING:
    from anyio.abc import Process
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.client._transport import TransportStreams
    from mcp.shared.message import SessionMessage

_LONGEST_LINE = 8_000_000  # bytes
_LAST_WORDS = 2_000  # bytes
_PATIENCE = 2.0  # seconds that it has to end by itself, and again after SIGTERM
_PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE")
_PASSED_ON_WINDOWS = ("APPDATA", "COMSPEC", "LOCALAPPDATA", "PATHEXT", "SYSTEMROOT", "TEMP", "TMP", "USERPROFILE")


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return what a server's program knows: where things lie, and what the settings give. No credential of ours."""
    names = (*_PASSED_ON, *(_PASSED_ON_WINDOWS if sys.platform == "win32" else ()))
    return {name: os.environ[name] for name in names if name in os.environ} | dict(given)


@asynccontextmanager
async def program(
    command: Sequence[str], env: Mapping[str, str], cwd: Path | None, trouble: Trouble
) -> "AsyncGenerator[TransportStreams]":
    """Start a program and exchange lines with it; at the end it is ended, with its children.

    Raises:
        OSError: it cannot be started.
    """
    import anyio

    process = await anyio.open_process(command, env=dict(env), cwd=cwd, start_new_session=True)
    received, incoming = anyio.create_memory_object_stream["SessionMessage | Exception"](0)
    outgoing, to_send = anyio.create_memory_object_stream["SessionMessage"](0)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_listen, process, received, trouble)
            tasks.start_soon(_speak, process, to_send, trouble)
            tasks.start_soon(_overhear, process, trouble)
            try:
                yield incoming, outgoing
            finally:
                trouble.close()
                with anyio.CancelScope(shield=True):
                    await _end(process)
                tasks.cancel_scope.cancel()
    finally:
        for stream in (received, incoming, outgoing, to_send):
            stream.close()
        with anyio.CancelScope(shield=True):
            await _end(process)


async def _listen(
    process: "Process", received: "MemoryObjectSendStream[SessionMessage | Exception]", trouble: Trouble
) -> None:
    import anyio

    sieve = Sieve()
    buffer = bytearray()
    assert process.stdout is not None  # noqa: S101 - it was opened with a pipe
    async with received:
        try:
            async for chunk in process.stdout:
                buffer += chunk
                *lines, rest = buffer.split(b"\n")
                buffer = bytearray(rest)
                if len(buffer) > _LONGEST_LINE:
                    raise TooMuch(f"it sent a line of more than {_LONGEST_LINE // 1_000_000} MB")
                for line in lines:
                    message = sieve.line(bytes(line))
                    if message is not None:
                        await received.send(message)
            trouble.end(await _cause(process))
        except TooMuch as error:
            trouble.end(str(error))
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            trouble.end("")


async def _speak(process: "Process", to_send: "MemoryObjectReceiveStream[SessionMessage]", trouble: Trouble) -> None:
    import anyio

    assert process.stdin is not None  # noqa: S101 - it was opened with a pipe
    try:
        async with to_send:
            async for message in to_send:
                line = message.message.model_dump_json(by_alias=True, exclude_unset=True) + "\n"
                await process.stdin.send(line.encode())
    except (anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
        trouble.end(await _cause(process))


async def _overhear(process: "Process", trouble: Trouble) -> None:
    import anyio

    assert process.stderr is not None  # noqa: S101 - it was opened with a pipe
    kept = b""
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
        async for chunk in process.stderr:
            kept = (kept + chunk)[-_LAST_WORDS:]
            trouble.last_words = kept.decode("utf-8", "replace")


async def _cause(process: "Process") -> str:
    """Return how a program ended whose pipes are closed; one that lives on has only closed them."""
    import anyio

    with anyio.move_on_after(_PATIENCE):
        await process.wait()
    if process.returncode is None:
        return "it closed its output"
    return f"it ended with {f'exit code {process.returncode}' if process.returncode >= 0 else _signal(process)}"


def _signal(process: "Process") -> str:
    with suppress(ValueError):
        return signal.Signals(-(process.returncode or 0)).name
    return f"signal {process.returncode}"


async def _end(process: "Process") -> None:
    """Have a program end: by closing what it reads, then by force; then whatever it has left behind."""
    import anyio

    assert process.stdin is not None  # noqa: S101 - it was opened with a pipe
    with suppress(OSError, anyio.ClosedResourceError, anyio.BrokenResourceError):
        await process.stdin.aclose()
    for warning in (None, "SIGTERM", "SIGKILL"):
        _tell(process, warning)
        with anyio.move_on_after(_PATIENCE):
            while process.returncode is None:  # noqa: ASYNC110 - `wait` would wait for pipes that children hold, too
                await anyio.sleep(0.01)
        if process.returncode is not None:
            break
    _tell(process, "SIGKILL")
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError, anyio.ClosedResourceError, anyio.BrokenResourceError):
                await stream.aclose()
    await _let_go(process)


async def _let_go(process: "Process") -> None:
    """Close what asyncio keeps of a process as long as anything that it has started holds a pipe.

    The error of a pipe that broke is asked for, as Python 3.11.2 complains of one that nobody has asked for.
    """
    import anyio

    inner = getattr(process, "_process", None)
    transport, stdin = getattr(inner, "_transport", None), getattr(inner, "stdin", None)
    if isinstance(transport, asyncio.SubprocessTransport):
        transport.close()
    if isinstance(stdin, asyncio.StreamWriter):
        with anyio.move_on_after(_PATIENCE), suppress(OSError):
            await stdin.wait_closed()


def _tell(process: "Process", warning: str | None) -> None:
    """Send a signal to a program and to what it has started, which is a group of its own."""
    if warning is None:
        return
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.Signals[warning])
