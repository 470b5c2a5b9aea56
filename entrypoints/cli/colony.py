"""The container, as commands use it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from rookery.entrypoints.container import Container

T = TypeVar("T")
INTERRUPTED = 130


def with_colony(work: "Callable[[Container], Awaitable[T]]", *, ready: bool = False, **research: Any) -> T:
    """Run `work` with a container and return what it returns.

    Args:
        work: what to do.
        ready: whether documents will be searched or read, so that the embedder must be tried first.
        research: settings of the section `research` that flags override; None overrides nothing.
    """
    from rookery.entrypoints.cli.output import Downloads
    from rookery.entrypoints.container import Container, close, prepare, show_downloads
    from rookery.entrypoints.settings import load_settings

    settings = load_settings()
    flags = {key: value for key, value in research.items() if value is not None}
    settings = settings.model_copy(update={"research": settings.research.model_copy(update=flags)})

    async def main() -> T:
        container = Container(settings=settings)
        show_downloads(container, Downloads())
        try:
            if ready:
                await prepare(container)
            return await work(container)
        finally:
            await close(container)

    try:
        return asyncio.run(main())
    except (KeyboardInterrupt, asyncio.CancelledError) as interrupt:
        raise typer.Exit(INTERRUPTED) from interrupt
