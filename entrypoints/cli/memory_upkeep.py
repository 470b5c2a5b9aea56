"""`rookery memory`: import, export, exchange with other machines, making the indexes anew."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rookery.entrypoints.cli.memory import (
    AnyTag,
    Namespaces,
    memory_filter,
    standard_input,
    tell_trouble,
    with_memory,
)
from rookery.entrypoints.cli.memory import app as app
from rookery.entrypoints.cli.output import Json, complain, err, out, print_json, size

if TYPE_CHECKING:
    from rookery.domain.memories import Memory
    from rookery.domain.sync import SyncReport
    from rookery.entrypoints.container import Container


@app.command("rebuild")
def rebuild_indexes(*, json_: Json = False) -> None:
    """Throw the indexes away and make them again from the journal."""

    async def work(container: "Container") -> dict[str, Any]:
        problems = await container.journal().check()
        with _progress("Embedding", None) as show:
            memories = await container.projection().rebuild(show)
        tell_trouble(container)
        return {"memories": memories, "journal_problems": problems, "degraded": container.projection().trouble}

    report = with_memory(work)
    for problem in report["journal_problems"]:
        complain(f"the journal: {problem}")
    if json_:
        print_json(report)
    else:
        out().print(f"made the indexes of {report['memories']} memories anew")
    if report["journal_problems"]:
        raise typer.Exit(1)


@app.command("export")
def export_memories(
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; default: stdout.")] = None,
    namespace: Namespaces = None,
    tag: AnyTag = None,
    json_: Json = False,
) -> None:
    """Write what holds as JSON lines, oldest first."""
    where = memory_filter(namespace, tag, None, None, None, None)

    async def work(container: "Container") -> "list[Memory]":
        await container.projection().catch_up()
        found: list[Memory] = []
        mark: str | None = ""
        while mark is not None:
            page, mark = await container.memory_index().page(where, limit=1000, before=mark or None)
            found += page
        return found[::-1]

    from rookery.application.memory.exchange import write_memories
    from rookery.domain.errors import StorageError

    memories = with_memory(work)
    lines = "".join(f"{line}\n" for line in write_memories(memories))
    if output is None:
        sys.stdout.write(lines)
        return
    try:
        output.write_text(lines, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{output} cannot be written: {error.strerror}") from error
    if json_:
        print_json({"memories": len(memories), "file": str(output)})
    else:
        out().print(f"wrote {len(memories)} memories to {output}")


@app.command("import")
def import_memories(
    file: Annotated[Path, typer.Argument(help="JSON lines, or what mem0 or a LangGraph store exports; - is stdin.")],
    *,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Of memories that name none.")] = "default",
    json_: Json = False,
) -> None:
    """Store many memories. All lines are checked before the first one is stored."""
    from rookery.application.memory.exchange import read_memories
    from rookery.domain.errors import InvalidRequest

    try:
        text = standard_input() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{file} cannot be read: {error}") from error
    memories = read_memories(text, namespace=namespace)

    async def work(container: "Container") -> int:
        with _progress("Storing", len(memories)) as stored, _progress("Embedding", len(memories)) as embedded:
            count = await container.import_memories()(iter(memories), on_written=stored, on_embedded=embedded)
        tell_trouble(container)
        return count

    count = with_memory(work)
    if json_:
        print_json({"memories": count})
    else:
        out().print(f"imported {count} memories")


@app.command("sync")
def sync_memories(
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until Ctrl-C.")] = False,
    interval: Annotated[float | None, typer.Option(min=1, help="Seconds between two exchanges.")] = None,
    json_: Json = False,
) -> None:
    """Exchange memories with the other machines."""
    if watch:
        with_memory(lambda container: _watch(container, interval))
        return

    async def work(container: "Container") -> "SyncReport":
        return await container.sync_memories()()

    report = with_memory(work)
    for problem in report.problems:
        complain(problem)
    if json_:
        print_json(report)
    else:
        out().print(_exchanged(report))
    if report.problems:
        raise typer.Exit(3)


@app.command("identity")
def make_identity() -> None:
    """Print a new age identity. Give the same one to all machines, as ROOKERY_SYNC__IDENTITY."""
    from rookery.adapters.object_stores.sealed import new_identity

    sys.stdout.write(new_identity() + "\n")


async def _watch(container: "Container", interval: float | None) -> None:
    from rookery.entrypoints.syncing import watching

    def show(report: "SyncReport | str") -> None:
        if isinstance(report, str):
            complain(report)
            return
        for problem in report.problems:
            complain(problem)
        if report.sent or report.received:
            out().print(_exchanged(report))

    await watching(container, show, interval=interval)


def _exchanged(report: "SyncReport") -> str:
    sent = f"sent {report.sent} ({size(report.bytes_sent)})"
    received = f"received {report.received} ({size(report.bytes_received)})"
    return f"{sent}, {received}; other machines: {report.devices}"


@contextmanager
def _progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Give a function that shows how many are done: as a bar in a terminal, else not at all."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    if not err().is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err(), transient=True) as bars:
        task = bars.add_task(what, total=total)
        yield lambda done: bars.update(task, completed=done)
