"""Asking the person at the terminal for an approval, in place."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rookery.domain.approvals import ApprovalStatus, Decision
from rookery.domain.errors import Conflict
from rookery.entrypoints.cli.approvals import BY, print_whole
from rookery.entrypoints.cli.output import err

if TYPE_CHECKING:
    from rookery.domain.approvals import Approval
    from rookery.entrypoints.cli.live import LiveRun
    from rookery.entrypoints.container import Container

_GLANCE = 1.0  # seconds
_LONGEST = 1000  # bytes of an answer


def at_a_terminal() -> bool:
    """Whether somebody is there who sees a question and can answer it."""
    return os.name == "posix" and sys.stdin.isatty() and sys.stderr.isatty()


class AskInPlace:
    """Asks for one approval after another; who decides elsewhere meanwhile is heeded.

    Args:
        container: with the approvals.
        live: what shows the run, which makes room for the question.
    """

    def __init__(self, container: "Container", live: "LiveRun") -> None:
        self._container = container
        self._live = live
        self._turn = asyncio.Lock()

    async def __call__(self, approval_id: str) -> None:
        """Show an approval, wait for y or n, and record it. Anything else than y denies; no answer leaves it open."""
        approvals = self._container.approval_store()
        async with self._turn:
            approval = await approvals.get(approval_id)
            if approval.status is not ApprovalStatus.PENDING:
                return
            with self._live.making_room():
                said = await self._answer(approval)
                if said is None:
                    return
                decision = Decision(decision="approve" if said.strip().lower() in ("y", "yes") else "deny")
                try:
                    decided = await approvals.decide(approval_id, decision, by=BY)
                    err().print(f"{decided.status.value}\n", style="dim")
                except Conflict as error:
                    err().print(f"{error}\n", style="yellow")

    async def _answer(self, approval: "Approval") -> str | None:
        """Return what is typed; None when it was decided elsewhere, or nothing can be typed any more."""
        print_whole(approval, err())
        elsewhere = asyncio.ensure_future(self._decided(approval.id))
        try:
            with _line() as typed:
                err().print("approve? y/N ", end="", style="bold yellow")
                await asyncio.wait((typed, elsewhere), return_when=asyncio.FIRST_COMPLETED)
                line = typed.result() if typed.done() else ""
        finally:
            elsewhere.cancel()
        if not line:
            err().print()
        return line or None

    async def _decided(self, approval_id: str) -> None:
        approvals = self._container.approval_store()
        while (await approvals.wait(approval_id, seconds=_GLANCE)).status is ApprovalStatus.PENDING:
            pass


@contextlib.contextmanager
def _line() -> "Iterator[asyncio.Future[str]]":
    """Wait for a line in the event loop. What was typed before the question was seen is no answer to it."""
    import termios

    loop, keyboard = asyncio.get_running_loop(), sys.stdin.fileno()
    line: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        loop.remove_reader(keyboard)
        line.set_result(os.read(keyboard, _LONGEST).decode("utf-8", "replace"))

    termios.tcflush(keyboard, termios.TCIFLUSH)
    loop.add_reader(keyboard, read)
    try:
        yield line
    finally:
        loop.remove_reader(keyboard)
