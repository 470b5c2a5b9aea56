"""The composition root: the one place where ports meet adapters."""

import contextlib
import secrets
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dependency_injector import containers, providers

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.libraries.sqlite import SqliteLibrary
from rookery.adapters.readers.filesystem import FilesystemReader
from rookery.adapters.run_stores.sqlite import SqliteRunStore
from rookery.adapters.snapshot_stores.sqlite import SqliteSnapshotStore
from rookery.adapters.token_stores.sqlite import SqliteTokenStore
from rookery.application.access import Authenticate, CreateToken, RevokeToken
from rookery.application.ingestion import AddSources, RemoveSource
from rookery.application.research import ConductRun, StartRun, StopRun
from rookery.application.retrieval import SearchPassages
from rookery.application.workflow import Colony
from rookery.domain.errors import ConfigurationError, EmbedderError
from rookery.domain.ports.llm import LLMPort
from rookery.entrypoints import plugins
from rookery.entrypoints.settings import Settings


def _plugin(group: str, name: str | None, settings: Settings, **offered: object) -> Any:
    if name is None:
        return None
    section = getattr(settings, group).get(name, {})
    return plugins.build(group, name, settings=section, offered=offered)


def _llms(settings: Settings, **offered: object) -> Callable[[str | None], LLMPort]:
    """Return what makes each model once, by name."""
    return cache(lambda name: _plugin("llms", name or settings.research.model, settings, **offered))


def _reader(settings: Settings, roots: Sequence[Path] | None) -> FilesystemReader:
    return FilesystemReader.from_section(settings.sources, roots=roots)


class Container(containers.DeclarativeContainer):
    """Everything is made when it is first asked for, once."""

    settings = providers.Dependency(instance_of=Settings)
    roots: providers.Object[Sequence[Path] | None] = providers.Object(None)
    progress: providers.Object[Callable[[Any], None]] = providers.Object(lambda _: None)
    degradations: providers.Object[Sequence[str]] = providers.Object(())

    home = providers.Callable(lambda settings: settings.home, settings)
    models = providers.Callable(lambda settings: settings.home / "models", settings)
    clock = providers.Singleton(SystemClock)
    analyzer = providers.Singleton(SnowballAnalyzer, language=settings.provided.research.language)
    reader = providers.Singleton(_reader, settings, roots)

    run_store = providers.Singleton(SqliteRunStore, home, clock=clock)
    snapshots = providers.Singleton(SqliteSnapshotStore, home)
    token_store = providers.Singleton(SqliteTokenStore, home)
    library = providers.Singleton(SqliteLibrary, home, analyzer=analyzer)
    embedder = providers.Singleton(
        _plugin,
        "embedders",
        settings.provided.research.embedder,
        settings,
        models=models,
        home=home,
        offline=settings.provided.research.offline,
        progress=progress,
    )
    vector_store = providers.Singleton(
        _plugin, "vector_stores", settings.provided.research.vector_store, settings, home=home
    )
    llms = providers.Singleton(_llms, settings, analyzer=analyzer, embedder=embedder, models=models, clock=clock)
    orchestrator = providers.Singleton(
        _plugin,
        "orchestrators",
        settings.provided.research.orchestrator,
        settings,
        run_store=run_store,
        home=home,
        clock=clock,
    )

    search = providers.Singleton(SearchPassages, library=library, vector_store=vector_store, embedder=embedder)
    add_sources = providers.Singleton(
        AddSources,
        reader=reader,
        snapshots=snapshots,
        library=library,
        vector_store=vector_store,
        embedder=embedder,
        clock=clock,
    )
    remove_source = providers.Singleton(RemoveSource, library=library, vector_store=vector_store, embedder=embedder)
    colony = providers.Singleton(
        Colony,
        llms=llms,
        search=search,
        add_sources=add_sources,
        snapshots=snapshots,
        clock=clock,
        degradations=degradations,
    )
    start_run = providers.Singleton(
        StartRun,
        run_store,
        clock,
        model=settings.provided.research.model,
        models=providers.Callable(plugins.available, "llms"),
    )
    conduct_run = providers.Singleton(ConductRun, run_store, orchestrator, colony)
    stop_run = providers.Singleton(StopRun, run_store, orchestrator, clock)
    create_token = providers.Singleton(
        CreateToken, token_store, clock, providers.Object(lambda: secrets.token_urlsafe(32))
    )
    authenticate = providers.Singleton(Authenticate, token_store)
    revoke_token = providers.Singleton(RevokeToken, token_store, clock)


async def prepare(container: Container) -> None:
    """Try the embedder before anything is built upon it; without it the colony searches by words, and says so."""
    embedder = container.embedder()
    if embedder is None:
        container.degradations.override(
            providers.Object(["no embedder is set, so documents are searched by words only"])
        )
        return
    try:
        await embedder.embed(["ready?"])
    except EmbedderError as error:
        container.embedder.override(providers.Object(None))
        container.degradations.override(providers.Object([f"documents are searched by words only ({error})"]))


async def close(container: Container) -> None:
    """Close what is open."""
    with contextlib.suppress(ConfigurationError):  # what could not be made is not open
        await container.vector_store().close()
    for store in (container.run_store(), container.snapshots(), container.token_store(), container.library()):
        store.close()


def show_downloads(container: Container, show: Callable[[Any], None]) -> None:
    """Have downloads told to `show`: an object with `file`, `received` and `total`, in bytes."""
    container.progress.override(providers.Object(show))
