"""Running a run in the foreground."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, NoReturn

import typer

from rookery.entrypoints.cli.output import complain, err, out, print_json

if TYPE_CHECKING:
    from rookery.domain.events import RunEvent
    from rookery.domain.runs import Run
    from rookery.entrypoints.container import Container

_EXIT_CODES = {"succeeded": 0, "partial": 3, "failed": 1}
_NO_ANSWER_YET = 130


async def conduct(container: "Container", run: "Run", *, json_lines: bool = False, quiet: bool = False) -> "Run":
    """Run a run to its end while its new events are shown on stderr, or printed on stdout as lines of JSON."""
    from rookery.entrypoints.observing import tracing

    seen = len(await container.run_store().events(run.id))
    events = container.run_store().follow(run.id, after=seen)
    watch = _print_lines(events) if json_lines else _discard(events) if quiet else _show(events, container)
    watching = asyncio.create_task(watch)
    try:
        async with tracing(container.run_store(), container.settings().traces) as observer, observer.watching(run.id):
            with _terminated_politely():
                return await container.conduct_run()(run.id)
    except asyncio.CancelledError:
        complain(f"interrupted; go on with `rookery runs resume {run.id}`")
        raise
    finally:
        await _let_finish(watching, container, run)


def report(run: "Run", *, as_json: bool = False, silent: bool = False) -> NoReturn:
    """Print how a run ended and end the command with its exit code."""
    if run.result is None:
        complain(run.error or f"the run is {run.status}; go on with `rookery runs resume {run.id}`")
    elif as_json:
        print_json(run.result)
    elif not silent:
        from rookery.entrypoints.cli.answer import answer

        out().print(answer(run.result))
        err().print(f"run {run.id}", style="dim")
    raise typer.Exit(_EXIT_CODES.get(run.status.value, _NO_ANSWER_YET))


@contextlib.contextmanager
def _terminated_politely() -> "Iterator[None]":
    """Have SIGTERM do what Ctrl-C does: the run is left as interrupted."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in a task
    try:
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    except (NotImplementedError, RuntimeError, ValueError):  # not on this system, or not in this thread
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


async def _let_finish(watching: "asyncio.Task[None]", container: "Container", run: "Run") -> None:
    stored = await container.run_store().get(run.id)
    if not stored.status.finished:
        watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching


async def _show(events: "AsyncIterator[RunEvent]", container: "Container") -> None:
    """Show what happens. Who sits at a terminal is asked there for what needs approval."""
    from rookery.domain.events import ApprovalRequested
    from rookery.entrypoints.cli.deciding import AskInPlace, at_a_terminal
    from rookery.entrypoints.cli.live import LiveRun

    asking = []
    with LiveRun(err()) as live:
        ask = AskInPlace(container, live)
        async with asyncio.TaskGroup() as group:
            async for event in events:
                live.show(event)
                if isinstance(event, ApprovalRequested) and at_a_terminal():
                    asking.append(group.create_task(ask(event.approval_id)))
            for task in asking:
                task.cancel()


async def _print_lines(events: "AsyncIterator[RunEvent]") -> None:
    async for event in events:
        sys.stdout.write(event.model_dump_json() + "\n")
        sys.stdout.flush()


async def _discard(events: "AsyncIterator[RunEvent]") -> None:
    async for _ in events:
        pass
