"""`rookery memory`: what the agents remember."""

import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rookery.entrypoints.cli.output import Json, complain, out, print_json

if TYPE_CHECKING:
    from rich.table import Table

    from rookery.application.memory.recall import Recalled
    from rookery.domain.memories import Memory, MemoryFilter, PastMemory
    from rookery.entrypoints.container import Container

app = typer.Typer(help="What the agents remember.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="The id of a memory.", metavar="ID")]
InNamespace = Annotated[str | None, typer.Option("--namespace", help="Where the id is looked up.")]
Namespaces = Annotated[list[str] | None, typer.Option("--namespace", "-n", help="Only here. Can be given again.")]
AnyTag = Annotated[list[str] | None, typer.Option("--tag", "-t", help="One of these tags. Can be given again.")]
AllTags = Annotated[list[str] | None, typer.Option("--all-tags", help="All of these tags. Can be given again.")]
Since = Annotated[datetime | None, typer.Option(help="Not before this moment (UTC).")]
Until = Annotated[datetime | None, typer.Option(help="Before this moment (UTC).")]
FromSource = Annotated[str | None, typer.Option("--source", help="The source; what it begins with, before a *.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]

_WHOLE = ("id", "time", "version", "fate")  # columns that are copied, or hard to read when they are folded


@app.command("add")
def add_memory(
    content: Annotated[str, typer.Argument(help="What to remember; - reads it from stdin.")],
    *,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Whose memory.")] = "default",
    key: Annotated[str | None, typer.Option(help="The slot: what is there is superseded.")] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", "-t", help="A tag. Can be given again.")] = None,
    source: Annotated[str | None, typer.Option(help="Where it comes from.")] = None,
    priority: Annotated[int, typer.Option(help="Wins when machines disagree.")] = 0,
    importance: Annotated[float, typer.Option(min=0, max=1, help="Raises its score.")] = 0.5,
    json_: Json = False,
) -> None:
    """Remember something. Credentials in it are replaced before it is stored."""
    fields = {
        "namespace": namespace,
        "content": standard_input() if content == "-" else content,
        "key": key,
        "tags": tag or [],
        "source": source,
        "priority": priority,
        "relevance_score": importance,
    }

    async def work(container: "Container") -> "Memory":
        from rookery.application.memory.exchange import new_memory

        [held] = await container.remember()(new_memory(fields))
        tell_trouble(container)
        return held

    held = with_memory(work)
    if json_:
        print_json(held)
        return
    replaced = f" ({held.redactions} credentials were replaced)" if held.redactions else ""
    out().print(f"remembered as {held.id} in {held.namespace}{replaced}", soft_wrap=True)


@app.command("search")
def search_memories(
    query: Annotated[str, typer.Argument(help="What to look for; - reads it from stdin.")],
    *,
    namespace: Namespaces = None,
    tag: AnyTag = None,
    all_tags: AllTags = None,
    since: Since = None,
    until: Until = None,
    source: FromSource = None,
    limit: Limit = 10,
    batch: Annotated[
        bool, typer.Option("--batch", help="Take a query from each line of stdin; print a line of JSON for each.")
    ] = False,
    json_: Json = False,
) -> None:
    """Find memories by meaning, by words, by who said them and when."""
    where = memory_filter(namespace, tag, all_tags, since, until, source)
    if batch:
        with_memory(lambda container: _search_lines(container, where, limit))
        return
    wanted = standard_input().strip() if query == "-" else query

    async def work(container: "Container") -> "Recalled":
        return await container.search_memories()(wanted, where, limit=limit)

    recalled = with_memory(work)
    for trouble in recalled.degraded:
        complain(trouble)
    if json_:
        print_json(recalled.memories)
    elif recalled.memories:
        for memory in recalled.memories:
            _show_found(memory.relevance_score, memory)
    else:
        out().print("Nothing found.")


@app.command("list")
def list_memories(
    *,
    namespace: Namespaces = None,
    tag: AnyTag = None,
    all_tags: AllTags = None,
    since: Since = None,
    until: Until = None,
    source: FromSource = None,
    limit: Limit = 50,
    json_: Json = False,
) -> None:
    """List memories, newest first."""
    where = memory_filter(namespace, tag, all_tags, since, until, source)

    async def work(container: "Container") -> "list[Memory]":
        await container.projection().catch_up()
        tell_trouble(container)
        items, _ = await container.memory_index().page(where, limit=limit)
        return items

    memories = with_memory(work)
    if json_:
        print_json(memories)
    else:
        table = _table("id", "namespace", "time", "content")
        for memory in memories:
            table.add_row(memory.id, memory.namespace, f"{memory.timestamp:%Y-%m-%d %H:%M}", _line(memory.content))
        out().print(table if memories else "No memory yet: `rookery memory add` stores one.")


@app.command("show")
def show_memory(memory_id: Id, *, namespace: InNamespace = None, json_: Json = False) -> None:
    """Show one memory."""

    async def work(container: "Container") -> "Memory":
        from rookery.application.memory.recall import find_memory

        return await find_memory(container.projection(), memory_id, namespace)

    memory = with_memory(work)
    if json_:
        print_json(memory)
        return
    table = _table("", "", header=False)
    for name, value in memory.model_dump(mode="json", exclude={"content", "forgotten"}).items():
        if value not in (None, [], ""):
            table.add_row(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
    out().print(table)
    out().print(f"\n{memory.content}", markup=False, soft_wrap=True)


@app.command("history")
def show_history(memory_id: Id, *, namespace: InNamespace = None, json_: Json = False) -> None:
    """Show all versions of a memory, and which of them lost against one of another machine."""

    async def work(container: "Container") -> "list[PastMemory]":
        from rookery.application.memory.recall import history_of_memory

        return await history_of_memory(container.projection(), memory_id, namespace)

    history = with_memory(work)
    if json_:
        print_json(history)
        return
    table = _table("version", "fate", "time", "priority", "content")
    for past in history:
        content = "(forgotten)" if past.forgotten else _line(past.content)
        table.add_row(past.version[:12], past.fate, f"{past.timestamp:%Y-%m-%d %H:%M}", str(past.priority), content)
    out().print(table)


@app.command("forget")
def forget_memory(memory_id: Id, *, namespace: InNamespace = None, json_: Json = False) -> None:
    """Forget a memory, here and on the other machines. Its history stays."""

    async def work(container: "Container") -> "list[Memory]":
        forgotten = await container.forget()(memory_id, namespace=namespace)
        tell_trouble(container)
        return forgotten

    forgotten = with_memory(work)
    if json_:
        print_json(forgotten)
    else:
        out().print(f"forgot {memory_id}" + (f" in {len(forgotten)} namespaces" if len(forgotten) > 1 else ""))


async def _search_lines(container: "Container", where: "MemoryFilter", limit: int) -> None:
    for line in input_lines():
        query = line.strip()
        if query:
            recalled = await container.search_memories()(query, where, limit=limit)
            sys.stdout.write(recalled.model_dump_json() + "\n")


def standard_input() -> str:
    return "".join(input_lines())


def input_lines() -> Iterator[str]:
    from rookery.domain.errors import InvalidRequest

    try:
        yield from sys.stdin
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"standard input is not UTF-8: {error.reason} at byte {error.start}") from error


def with_memory(work: Callable[["Container"], Any]) -> Any:
    from rookery.entrypoints.cli.colony import with_colony

    return with_colony(work, ready=True)


def memory_filter(
    namespaces: list[str] | None,
    tags: list[str] | None,
    all_tags: list[str] | None,
    since: datetime | None,
    until: datetime | None,
    source: str | None,
) -> "MemoryFilter":
    from datetime import UTC

    from rookery.domain.memories import MemoryFilter

    return MemoryFilter(
        namespaces=namespaces or None,
        tags_any=tags or [],
        tags_all=all_tags or [],
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) if until else None,
        source=source,
    )


def tell_trouble(container: "Container") -> None:
    for trouble in container.projection().trouble:
        complain(trouble)


def _show_found(score: float, memory: "Memory") -> None:
    from rich.text import Text

    head = Text.assemble((f"{score:.2f}", "bold"), f"  {memory.timestamp:%Y-%m-%d %H:%M}  {memory.namespace}  ")
    head.append(memory.id, "dim")
    if memory.tags:
        head.append(f"  {', '.join(memory.tags[:5])}", "cyan")
    out().print(head, soft_wrap=True)
    out().print(f"      {_line(memory.content, 400)}", markup=False, soft_wrap=True)


def _line(text: str, width: int = 120) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= width else f"{flat[: width - 1]}…"


def _table(*columns: str, header: bool = True) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=header)
    for column in columns:
        table.add_column(column, no_wrap=column in _WHOLE, overflow="fold")
    return table
