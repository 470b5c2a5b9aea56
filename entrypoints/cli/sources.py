"""`rookery sources`: the document library."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Json, complain, err, out, print_json

if TYPE_CHECKING:
    from rookery.application.ingestion import Ingested, Progress
    from rookery.domain.sources import Source
    from rookery.entrypoints.container import Container

    Show = Callable[[Progress], Awaitable[None]]

app = typer.Typer(help="The document library.", no_args_is_help=True)
Namespace = Annotated[str, typer.Option(help="The part of the library.")]
OneNamespace = Annotated[str | None, typer.Option(help="Only this part of the library.")]


@app.command("add")
def add_source(
    locations: Annotated[list[str], typer.Argument(help="Documents, folders and addresses of the web.")],
    *,
    namespace: Namespace = "default",
    json_: Json = False,
) -> None:
    """Add documents; those that are unchanged are left alone."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "Ingested":
        with _shown_progress(silent=json_) as show:
            return await container.add_sources()(locations, namespace=namespace, on_progress=show)

    ingested = with_colony(work, ready=True)
    for problem in ingested.problems:
        complain(problem.message)
    if json_:
        print_json(ingested)
    else:
        out().print(_totals(ingested))
    if ingested.problems:
        raise typer.Exit(3 if ingested.sources else 2)


@app.command("list")
def list_sources(*, namespace: OneNamespace = None, json_: Json = False) -> None:
    """List the documents, oldest first."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "list[Source]":
        return await container.library().sources(namespace)

    sources = with_colony(work)
    if json_:
        print_json(sources)
        return
    from rich.table import Table

    table = Table("id", "namespace", "title", "passages", "url", box=None, pad_edge=False)
    for source in sources:
        table.add_row(source.id, source.namespace, source.title, str(source.passages), source.url)
    out().print(table if sources else "No document yet: add some with `rookery sources add`.")


@app.command("remove")
def remove_source(
    source: Annotated[str, typer.Argument(help="The id, path or URL of a document, or of a folder or site.")],
    *,
    namespace: OneNamespace = None,
    json_: Json = False,
) -> None:
    """Remove a document, or all below a folder, from the library. Texts that answers quote are kept."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "list[Source]":
        return await container.remove_source()(source, *_url(container, source), namespace=namespace)

    removed = with_colony(work, ready=True)
    if json_:
        print_json(removed)
    elif len(removed) == 1:
        out().print(f"removed {removed[0].title} ({removed[0].passages} passages)")
    else:
        out().print(f"removed {len(removed)} documents ({sum(one.passages for one in removed)} passages)")


def _url(container: "Container", location: str) -> list[str]:
    """Return the URL of the documents at a location; none when it is neither a path nor an address."""
    from rookery.domain.errors import InvalidRequest, SourceError

    try:
        return [container.reader().url(location)]
    except (SourceError, InvalidRequest):
        return []


def _totals(ingested: "Ingested") -> str:
    count = len(ingested.sources)
    told = {"new": ingested.added, "changed": ingested.changed, "unchanged": ingested.unchanged}
    parts = ", ".join(f"{number} {name}" for name, number in told.items() if number)
    passages = sum(source.passages for source in ingested.sources)
    problems = f"; {len(ingested.problems)} could not be read" if ingested.problems else ""
    documents = f"{count} document{'s' * (count != 1)}" + (f" ({parts})" if parts else "")
    return f"{documents}, {passages} passages, {ingested.size / 1e6:.1f} MB{problems}"


@contextmanager
def _shown_progress(*, silent: bool) -> "Iterator[Show | None]":
    """Show on stderr how far the reading is: a bar in a terminal, else a line at each tenth."""
    if silent:
        yield None
    elif err().is_terminal:
        with _bar() as show:
            yield show
    else:
        yield _lines()


@contextmanager
def _bar() -> "Iterator[Show]":
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[size]}"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Bars(*columns, console=err(), transient=True) as bars:
        task = bars.add_task("", total=None, size="")

        async def show(progress: "Progress") -> None:
            name = escape(progress.location.rsplit("/", 1)[-1])
            size = f"{progress.size / 1e6:.1f} MB"
            bars.update(task, completed=progress.index - 1, total=progress.total, size=size, description=name)

        yield show


def _lines() -> "Show":
    told = -1

    async def show(progress: "Progress") -> None:
        nonlocal told
        tenth = 10 * progress.index // progress.total
        if tenth > told:
            told = tenth
            shown = f"reading {progress.index} of {progress.total} documents ({progress.size / 1e6:.1f} MB so far)"
            err().print(f"{shown}: {progress.location}", markup=False, soft_wrap=True)

    return show
