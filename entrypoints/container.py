"""The composition root: the one place where ports meet adapters."""

import contextlib
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dependency_injector import containers, providers

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.approval_stores.sqlite import SqliteApprovalStore
from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.inboxes.sqlite import SqliteInbox
from rookery.adapters.journals.sqlite import SqliteMemoryJournal
from rookery.adapters.libraries.in_memory import InMemoryLibrary
from rookery.adapters.libraries.sqlite import SqliteLibrary
from rookery.adapters.memory_indexes.sqlite import SqliteMemoryIndex
from rookery.adapters.readers.by_location import ReaderByLocation
from rookery.adapters.readers.documents import Settings as SourceSettings
from rookery.adapters.readers.web import WebReader
from rookery.adapters.request_ledgers.sqlite import SqliteRequestLedger
from rookery.adapters.run_stores.sqlite import SqliteRunStore
from rookery.adapters.snapshot_stores.sqlite import SqliteSnapshotStore
from rookery.adapters.support.services.ledger import SqliteDeliveryLedger
from rookery.adapters.support.services.surroundings import Surroundings
from rookery.adapters.support.web.network import Network
from rookery.adapters.sync_ledgers.sqlite import SqliteSyncLedger
from rookery.adapters.token_stores.sqlite import SqliteTokenStore
from rookery.adapters.tool_pins.sqlite import SqliteToolPinStore
from rookery.adapters.tools.mcp.source import tool_sources
from rookery.application.access import Authenticate, CreateToken, RevokeToken
from rookery.application.approving import ApprovalGate
from rookery.application.capturing import CaptureDocuments
from rookery.application.idempotency import DoOnce
from rookery.application.ingestion import AddSources, RemoveSource
from rookery.application.integrations import Notify, PublishRun
from rookery.application.memory.agents import AgentMemory, ForgetFindings
from rookery.application.memory.mirrors import Mirror, Mirrors
from rookery.application.memory.projection import Projection
from rookery.application.memory.recall import SearchMemories
from rookery.application.memory.sync import SyncMemories
from rookery.application.memory.writing import Forget, ImportMemories, Remember
from rookery.application.notices import Notices
from rookery.application.research import ConductRun, StartRun, StopRun
from rookery.application.restoring import RestorePassages
from rookery.application.retrieval import SearchPassages
from rookery.application.tools.note_memory import NoteMemory
from rookery.application.tools.read_document import ReadDocument
from rookery.application.tools.recall_memory import RecallMemory
from rookery.application.tools.search_documents import SearchDocuments
from rookery.application.workflow import Colony
from rookery.domain.agents import Agent
from rookery.domain.errors import ConfigurationError, EmbedderError, InvalidRequest, NotFound
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.integration import IntegrationPort
from rookery.domain.ports.memory_journal import MemoryJournalPort
from rookery.domain.ports.object_store import ObjectStorePort
from rookery.domain.ports.tool import Tool
from rookery.domain.ports.vector_store import VectorStorePort
from rookery.entrypoints import plugins
from rookery.entrypoints.llms import LLMs
from rookery.entrypoints.roster import lent, roster
from rookery.entrypoints.settings import Settings

if TYPE_CHECKING:
    from rookery.adapters.tools.files.access import Files


def _plugin(group: str, name: str | None, settings: Settings, **offered: object) -> Any:
    if name is None:
        return None
    section = getattr(settings, group).get(name, {})
    return plugins.build(group, name, settings=section, offered=offered)


def _llms(settings: Settings, models: Path, clock: ClockPort, **offered: object) -> LLMs:
    return LLMs(settings, models=models, clock=clock, offered=offered)


def _check_model(llms: LLMs, roots: Sequence[Path] | None) -> Callable[[str], None]:
    """Return what refuses a model that a run cannot have; over the network, one that lies outside the models folder."""

    def check(name: str) -> None:
        try:
            if roots is not None:
                llms.refuse_paths(name)
            llms.check(name)
        except NotFound as error:  # the run is not what was not found
            raise InvalidRequest(str(error)) from error

    return check


def _mirrors(
    settings: Settings,
    first: VectorStorePort,
    clock: ClockPort,
    restore: RestorePassages,
    journal: MemoryJournalPort,
    **offered: object,
) -> Mirrors:
    """Return the stores that follow memory; the first one holds the passages of documents too."""

    async def on_reset(store: VectorStorePort) -> None:
        if store is first:
            await restore(store)

    others = [Mirror(name, _plugin("vector_stores", name, settings, **offered)) for name in settings.memory.mirrors]
    mirrors = [Mirror(settings.research.vector_store, first), *others]
    return Mirrors(mirrors, clock, on_reset=on_reset, past=journal.past)


def _objects(settings: Settings, **offered: object) -> ObjectStorePort:
    name, identity = settings.sync.store, settings.sync.identity
    if name is None:
        raise ConfigurationError(
            "no store is set to sync with: set ROOKERY_SYNC__STORE to s3 or directory, and its settings, such as "
            "ROOKERY_OBJECT_STORES__S3__BUCKET"
        )
    objects: ObjectStorePort = _plugin("object_stores", name, settings, **offered)
    if identity is None:
        return objects
    from rookery.adapters.object_stores.sealed import SealedObjectStore

    return SealedObjectStore(objects, identity)


def _integrations(settings: Settings, **offered: object) -> dict[str, IntegrationPort]:
    """Return the services by name, those too that are not configured; none is connected yet."""
    return {name: _plugin("integrations", name, settings, **offered) for name in plugins.available("integrations")}


_OURS = (SearchDocuments, ReadDocument, RecallMemory, NoteMemory)


def _tool_names(settings: Settings, integrations: Mapping[str, IntegrationPort]) -> list[str]:
    """Return the names that agents may have; `SERVER.*` stands for whatever an MCP server offers."""
    ours = [*(tool.name for tool in _OURS), *plugins.available("tools")]
    servers = [f"{name}.*" for name in settings.mcpServers]
    return [*ours, *servers, *(tool.name for integration in integrations.values() for tool in integration.tools)]


def _tools(
    settings: Settings,
    agents: Mapping[str, Agent],
    integrations: Mapping[str, IntegrationPort],
    ours: Sequence[Tool],
    **offered: object,
) -> dict[str, Tool]:
    """Return the tools by name: ours, and those of outside systems that an agent has."""
    tools = {tool.name: tool for tool in ours}
    wanted = {name for agent in agents.values() for name in agent.tools}
    tools |= {tool.name: tool for one in integrations.values() for tool in one.tools if tool.name in wanted}
    for name in plugins.available("tools").keys() & wanted:
        tool: Tool = _plugin("tools", name, settings, **offered)
        if name in tools or tool.name != name:
            raise ConfigurationError(f"the tool {name!r} calls itself {tool.name!r}; a tool needs a name of its own")
        tools[name] = tool
    return tools


def _files(settings: Settings, home: Path) -> "Files | None":
    if os.name != "posix":  # there, nothing opens a file relative to an opened folder
        return None
    from rookery.adapters.tools.files.access import Files

    return Files.from_section(settings.tools.get("files", {}), home)


def _half_life(settings: Settings) -> timedelta | None:
    days = settings.memory.half_life_days
    return None if days is None else timedelta(days=days)


def _remote(settings: Settings) -> str:
    """Return a name for the store that is synced with; it changes when its settings do."""
    section = settings.object_stores.get(settings.sync.store or "", {})
    place = {key: str(value) for key, value in sorted(section.items()) if "secret" not in key and "key" not in key}
    return f"{settings.sync.store} {place}"


def _reader(settings: Settings, roots: Sequence[Path] | None) -> ReaderByLocation:
    return ReaderByLocation.from_section(settings.sources, roots=roots, offline=settings.research.offline)


def _network(settings: Settings) -> Network:
    return Network.from_section(settings.network, offline=settings.research.offline)


def _pages(settings: Settings, network: Network) -> WebReader:
    """Return what reads pages for tools: as sources are read, from wherever agents may go."""
    read_as = SourceSettings.from_section(settings.sources)
    return WebReader(read_as, offline=settings.research.offline, guard=network.guard())


class Container(containers.DeclarativeContainer):
    """Everything is made when it is first asked for, once."""

    settings = providers.Dependency(instance_of=Settings)
    roots: providers.Object[Sequence[Path] | None] = providers.Object(None)
    progress: providers.Object[Callable[[Any], None]] = providers.Object(lambda _: None)
    notices = providers.Singleton(Notices)
    degradations: providers.Object[Sequence[str]] = providers.Object(())

    home = providers.Callable(lambda settings: settings.home, settings)
    models = providers.Callable(lambda settings: settings.home / "models", settings)
    clock = providers.Singleton(SystemClock)
    analyzer = providers.Singleton(SnowballAnalyzer, language=settings.provided.research.language)
    reader = providers.Singleton(_reader, settings, roots)
    network = providers.Singleton(_network, settings)
    pages = providers.Singleton(_pages, settings, network)

    run_store = providers.Singleton(SqliteRunStore, home, clock=clock)
    snapshots = providers.Singleton(SqliteSnapshotStore, home)
    token_store = providers.Singleton(SqliteTokenStore, home)
    approval_store = providers.Singleton(SqliteApprovalStore, home, clock=clock)
    tool_pins = providers.Singleton(SqliteToolPinStore, home)
    inbox = providers.Singleton(SqliteInbox, home)
    request_ledger = providers.Singleton(SqliteRequestLedger, home)
    do_once = providers.Singleton(DoOnce, request_ledger, clock)
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
    journal = providers.Singleton(SqliteMemoryJournal, home)
    memory_index = providers.Singleton(SqliteMemoryIndex, home, analyzer=analyzer)
    sync_ledger = providers.Singleton(SqliteSyncLedger, home)
    restore_passages = providers.Singleton(RestorePassages, library=library, embedder=embedder)
    mirrors = providers.Singleton(_mirrors, settings, vector_store, clock, restore_passages, journal, home=home)
    projection = providers.Singleton(Projection, journal, memory_index, mirrors, embedder)
    search_memories = providers.Singleton(
        SearchMemories, projection, analyzer, clock, half_life=providers.Callable(_half_life, settings)
    )
    remember = providers.Singleton(Remember, projection, clock)
    forget = providers.Singleton(Forget, projection, clock)
    forget_findings = providers.Singleton(ForgetFindings, projection, forget)
    remove_source = providers.Singleton(
        RemoveSource, library=library, vector_store=vector_store, embedder=embedder, forget=forget_findings
    )
    import_memories = providers.Singleton(ImportMemories, remember, projection)
    objects = providers.Singleton(_objects, settings, home=home)
    remote = providers.Callable(_remote, settings)
    sync_memories = providers.Singleton(
        SyncMemories,
        projection,
        objects=objects,
        ledger=sync_ledger,
        remote=remote,
        clock=clock,
    )
    llms = providers.Singleton(
        _llms,
        settings,
        models,
        clock,
        analyzer=analyzer,
        embedder=embedder,
        home=home,
        offline=settings.provided.research.offline,
    )
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
    agent_memory = providers.Singleton(
        AgentMemory,
        search=search_memories,
        remember=remember,
        snapshots=snapshots,
        namespace=settings.provided.memory.namespace,
        recalls=settings.provided.memory.recall,
        notes=settings.provided.memory.note,
    )
    capture = providers.Singleton(
        CaptureDocuments, snapshots, clock, providers.Factory(InMemoryLibrary, analyzer=analyzer).provider
    )
    search_documents = providers.Singleton(SearchDocuments, search)
    recall_memory = providers.Singleton(RecallMemory, agent_memory)
    read_document = providers.Singleton(ReadDocument, library)
    note_memory = providers.Singleton(NoteMemory, agent_memory)
    files = providers.Singleton(_files, settings, home)
    deliveries = providers.Singleton(SqliteDeliveryLedger, home)
    surroundings = providers.Singleton(
        Surroundings, clock, deliveries, capture, offline=settings.provided.research.offline, notice=notices
    )
    integrations = providers.Singleton(
        _integrations,
        settings,
        clock=clock,
        home=home,
        network=network,
        offline=settings.provided.research.offline,
        surroundings=surroundings,
    )
    notify = providers.Singleton(Notify, integrations)
    publish_run = providers.Singleton(PublishRun, notify, run_store)
    agents = providers.Singleton(roster, settings, providers.Callable(_tool_names, settings, integrations))
    tools = providers.Singleton(
        _tools,
        settings,
        agents,
        integrations,
        providers.List(search_documents, read_document, recall_memory, note_memory),
        analyzer=analyzer,
        capture=capture,
        clock=clock,
        embedder=embedder,
        files=files,
        home=home,
        library=library,
        memory=agent_memory,
        network=network,
        offline=settings.provided.research.offline,
        pages=pages,
        reader=reader,
        search=search,
        snapshots=snapshots,
    )
    gate = providers.Singleton(ApprovalGate, approval_store, clock, settings.provided.approvals)
    tool_sources = providers.Singleton(tool_sources, settings.provided.mcpServers, tool_pins, network)
    colony = providers.Singleton(
        Colony,
        agents=agents,
        llms=llms,
        stand_in=providers.Callable(lambda llms: llms("extractive"), llms),
        tools=tools,
        add_sources=add_sources,
        snapshots=snapshots,
        clock=clock,
        budget=settings.provided.research.budget,
        gate=gate,
        sources=tool_sources,
        notices=notices,
        degradations=degradations,
        memory=agent_memory,
        lent=providers.Callable(lent, settings, agents),
    )
    start_run = providers.Singleton(
        StartRun,
        run_store,
        clock,
        model=settings.provided.research.model,
        check_model=providers.Callable(_check_model, llms, roots),
        agents=agents,
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
    with contextlib.suppress(ConfigurationError):
        await container.mirrors().close()
    with contextlib.suppress(ConfigurationError):
        for integration in container.integrations().values():
            await integration.close()
    with contextlib.suppress(ConfigurationError):
        for source in container.tool_sources():
            await source.close()
    await container.llms().close()
    for store in (
        container.journal(),
        container.memory_index(),
        container.sync_ledger(),
        container.run_store(),
        container.snapshots(),
        container.token_store(),
        container.approval_store(),
        container.tool_pins(),
        container.inbox(),
        container.request_ledger(),
        container.library(),
        container.deliveries(),
    ):
        store.close()


def show_downloads(container: Container, show: Callable[[Any], None]) -> None:
    """Have downloads told to `show`: an object with `file`, `received` and `total`, in bytes."""
    container.progress.override(providers.Object(show))


def show_notices(container: Container, show: Callable[[str], None]) -> None:
    """Have it told to `show`, in words for a person, when a service is waited for."""
    container.notices.override(providers.Object(show))
