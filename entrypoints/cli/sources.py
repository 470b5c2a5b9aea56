"""`rookery sources`: the document library."""

from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Json, complain, err, out, print_json

if TYPE_CHECKING:
    from rookery.application.ingestion import Ingested, Progress
    from rookery.domain.sources import Source
    from rookery.entrypoints.container import Container

app = typer.Typer(help="The document library.", no_args_is_help=True)
Namespace = Annotated[str, typer.Option(help="The part of the library.")]


@app.command("add")
def add_source(
    locations: Annotated[list[str], typer.Argument(help="Documents and folders.")],
    *,
    namespace: Namespace = "default",
    json_: Json = False,
) -> None:
    """Add documents; those that are unchanged are left alone."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "Ingested":
        with err().status("Reading") as status:

            async def on_progress(progress: "Progress") -> None:
                status.update(f"Reading {progress.index} of {progress.total}: {progress.location}")

            return await container.add_sources()(locations, namespace=namespace, on_progress=on_progress)

    ingested = with_colony(work, ready=True)
    for problem in ingested.problems:
        complain(problem.message)
    if json_:
        print_json(ingested)
    else:
        passages = sum(source.passages for source in ingested.sources)
        out().print(f"{len(ingested.sources)} documents, {ingested.added} of them new, {passages} passages")
    if ingested.problems:
        raise typer.Exit(3 if ingested.sources else 2)


@app.command("list")
def list_sources(
    *, namespace: Annotated[str | None, typer.Option(help="Only this part of the library.")] = None, json_: Json = False
) -> None:
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
    source: Annotated[str, typer.Argument(help="The id or URL of a document.")], *, json_: Json = False
) -> None:
    """Remove a document from the library. Texts that answers quote are kept."""
    from rookery.entrypoints.cli.colony import with_colony

    async def work(container: "Container") -> "Source":
        return await container.remove_source()(source)

    removed = with_colony(work, ready=True)
    if json_:
        print_json(removed)
    else:
        out().print(f"removed {removed.title} ({removed.passages} passages)")
