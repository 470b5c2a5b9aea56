"""The composition root: the one place where ports meet adapters."""

import contextlib
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dependency_injector import containers, providers

from rookery.adapters.adapter_shelves.folder import AdapterFolder
from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.approval_stores.sqlite import SqliteApprovalStore
from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.corrections.sqlite import SqliteCorrectionStore
from rookery.adapters.inboxes.sqlite import SqliteInbox
from rookery.adapters.journals.sqlite import SqliteMemoryJournal
from rookery.adapters.libraries.in_memory import InMemoryLibrary
from rookery.adapters.libraries.sqlite import SqliteLibrary
from rookery.adapters.memory_indexes.sqlite import SqliteMemoryIndex
from rookery.adapters.request_ledgers.sqlite import SqliteRequestLedger
from rookery.adapters.run_stores.sqlite import SqliteRunStore
from rookery.adapters.snapshot_stores.sqlite import SqliteSnapshotStore
from rookery.adapters.support.services.ledger import SqliteDeliveryLedger
from rookery.adapters.support.services.surroundings import Surroundings
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
from rookery.application.tuning.collecting import CollectExamples, CorrectClaim
from rookery.application.tuning.training import TuneAgent
from rookery.application.workflow import Colony
from rookery.domain.agents import Lineup
from rookery.domain.errors import ConfigurationError, EmbedderError
from rookery.entrypoints import building, homes, plugins, toolshed
from rookery.entrypoints.machines import Home, Machines
from rookery.entrypoints.roster import lent, roster
from rookery.entrypoints.settings import Settings


class Container(containers.DeclarativeContainer):
    """Everything is made when it is first asked for, once."""

    __self__ = providers.Self()
    settings = providers.Dependency(instance_of=Settings)
    roots: providers.Object[Sequence[Path] | None] = providers.Object(None)
    progress: providers.Object[Callable[[Any], None]] = providers.Object(lambda _: None)
    notices = providers.Singleton(Notices)
    degradations: providers.Object[Sequence[str]] = providers.Object(())

    home = providers.Singleton(homes.ready_home, settings)
    models = providers.Callable(lambda settings: settings.home / "models", settings)
    clock = providers.Singleton(SystemClock)
    analyzer = providers.Singleton(SnowballAnalyzer, language=settings.provided.research.language)
    home_reader = providers.Singleton(building.reader, settings, roots)
    network = providers.Singleton(building.network, settings)
    pages = providers.Singleton(building.pages, settings, network)

    objects = providers.Singleton(building.objects, settings, home=home)
    machines = providers.Singleton(
        Machines,
        settings,
        home=providers.Factory(
            Home,
            runs=providers.Singleton(SqliteRunStore, home, clock=clock),
            snapshots=providers.Singleton(SqliteSnapshotStore, home),
            approvals=providers.Singleton(SqliteApprovalStore, home, clock=clock),
            deliveries=providers.Singleton(SqliteDeliveryLedger, home),
        ),
        reader=home_reader.provider,
        objects=objects.provider,
        clock=clock,
        members=__self__,
    )
    reader = providers.Singleton(Machines.reader, machines)
    run_store = providers.Singleton(Machines.run_store, machines)
    snapshots = providers.Singleton(Machines.snapshots, machines)
    approval_store = providers.Singleton(Machines.approvals, machines)
    token_store = providers.Singleton(SqliteTokenStore, home)
    tool_pins = providers.Singleton(SqliteToolPinStore, home)
    corrections = providers.Singleton(SqliteCorrectionStore, home)
    shelf = providers.Singleton(AdapterFolder, home)
    inbox = providers.Singleton(SqliteInbox, home)
    request_ledger = providers.Singleton(SqliteRequestLedger, home)
    do_once = providers.Singleton(DoOnce, request_ledger, clock)
    library = providers.Singleton(SqliteLibrary, home, analyzer=analyzer)
    embedder = providers.Singleton(
        plugins.configured,
        "embedders",
        settings.provided.research.embedder,
        settings,
        models=models,
        home=home,
        offline=settings.provided.research.offline,
        progress=progress,
    )
    vector_store = providers.Singleton(
        plugins.configured, "vector_stores", settings.provided.research.vector_store, settings, home=home
    )
    journal = providers.Singleton(SqliteMemoryJournal, home)
    memory_index = providers.Singleton(SqliteMemoryIndex, home, analyzer=analyzer)
    sync_ledger = providers.Singleton(SqliteSyncLedger, home)
    restore_passages = providers.Singleton(RestorePassages, library=library, embedder=embedder)
    mirrors = providers.Singleton(building.mirrors, settings, vector_store, clock, restore_passages, journal, home=home)
    projection = providers.Singleton(Projection, journal, memory_index, mirrors, embedder)
    search_memories = providers.Singleton(
        SearchMemories, projection, analyzer, clock, half_life=providers.Callable(building.half_life, settings)
    )
    remember = providers.Singleton(Remember, projection, clock)
    forget = providers.Singleton(Forget, projection, clock)
    forget_findings = providers.Singleton(ForgetFindings, projection, forget)
    remove_source = providers.Singleton(
        RemoveSource, library=library, vector_store=vector_store, embedder=embedder, forget=forget_findings
    )
    import_memories = providers.Singleton(ImportMemories, remember, projection)
    remote = providers.Callable(building.remote, settings)
    sync_memories = providers.Singleton(
        SyncMemories,
        projection,
        objects=objects,
        ledger=sync_ledger,
        remote=remote,
        clock=clock,
    )
    llms = providers.Singleton(
        building.llms,
        settings,
        models,
        clock,
        shelf,
        analyzer=analyzer,
        embedder=embedder,
        home=home,
        offline=settings.provided.research.offline,
    )
    orchestrator = providers.Singleton(
        plugins.configured,
        "orchestrators",
        settings.provided.research.orchestrator,
        settings,
        run_store=run_store,
        home=home,
        clock=clock,
        claims=providers.Callable(Machines.claims, machines),
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
    files = providers.Singleton(toolshed.files, settings, home)
    deliveries = providers.Singleton(Machines.deliveries, machines)
    surroundings = providers.Singleton(
        Surroundings, clock, deliveries, capture, offline=settings.provided.research.offline, notice=notices
    )
    integrations = providers.Singleton(
        toolshed.integrations,
        settings,
        clock=clock,
        home=home,
        network=network,
        offline=settings.provided.research.offline,
        surroundings=surroundings,
    )
    notify = providers.Singleton(Notify, integrations)
    publish_run = providers.Singleton(PublishRun, notify, run_store)
    agents = providers.Singleton(
        roster,
        settings,
        providers.Callable(toolshed.tool_names, settings, integrations),
        providers.Callable(building.tuned, shelf),
    )
    all_tools = providers.Singleton(
        toolshed.Toolshed,
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
    tools = providers.Callable(toolshed.Toolshed.of, all_tools, agents)
    lineup = providers.Singleton(Lineup, agents=agents, lent=providers.Callable(lent, settings, agents))
    gate = providers.Singleton(ApprovalGate, approval_store, clock, settings.provided.approvals)
    tool_sources = providers.Singleton(tool_sources, settings.provided.mcpServers, tool_pins, network, capture)
    colony = providers.Singleton(
        Colony,
        lineup=machines.provided.lineup,
        llms=llms,
        stand_in=providers.Callable(lambda llms: llms("extractive"), llms),
        tools=all_tools.provided.of,
        add_sources=add_sources,
        snapshots=snapshots,
        clock=clock,
        budget=settings.provided.research.budget,
        gate=gate,
        sources=tool_sources,
        notices=notices,
        degradations=degradations,
        memory=agent_memory,
    )
    start_run = providers.Singleton(
        StartRun,
        run_store,
        clock,
        model=settings.provided.research.model,
        check_model=providers.Callable(building.check_model, llms, roots, agents, shelf),
        agents=agents,
    )
    conduct_run = providers.Singleton(ConductRun, run_store, orchestrator, colony)
    stop_run = providers.Singleton(StopRun, run_store, orchestrator, clock)
    collect_examples = providers.Singleton(CollectExamples, run_store, approval_store, corrections)
    correct_claim = providers.Singleton(CorrectClaim, corrections, clock)
    tuner = providers.Singleton(plugins.configured, "tuners", providers.Object("peft"), settings)
    tune_agent = providers.Factory(TuneAgent, tuner, shelf=shelf, clock=clock)
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
    await container.machines().close()
    for store in (
        container.journal(),
        container.memory_index(),
        container.sync_ledger(),
        container.run_store(),
        container.token_store(),
        container.tool_pins(),
        container.corrections(),
        container.inbox(),
        container.request_ledger(),
        container.library(),
    ):
        store.close()


def show_downloads(container: Container, show: Callable[[Any], None]) -> None:
    """Have downloads told to `show`: an object with `file`, `received` and `total`, in bytes."""
    container.progress.override(providers.Object(show))


def show_notices(container: Container, show: Callable[[str], None]) -> None:
    """Have it told to `show`, in words for a person, when a service is waited for."""
    container.notices.override(providers.Object(show))
