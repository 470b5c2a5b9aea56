"""Making what takes more than a constructor: what depends on settings, or on what is registered."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from rookery.adapters.readers.by_location import ReaderByLocation
from rookery.adapters.readers.documents import Settings as SourceSettings
from rookery.adapters.readers.web import WebReader
from rookery.adapters.support.web.network import Network
from rookery.application.memory.mirrors import Mirror, Mirrors
from rookery.application.restoring import RestorePassages
from rookery.domain.agents import Agent
from rookery.domain.errors import ConfigurationError, InvalidRequest, NotFound
from rookery.domain.ports.adapter_shelf import AdapterShelfPort
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.memory_journal import MemoryJournalPort
from rookery.domain.ports.object_store import ObjectStorePort
from rookery.domain.ports.vector_store import VectorStorePort
from rookery.entrypoints import plugins
from rookery.entrypoints.llms import LLMs
from rookery.entrypoints.settings import Settings


def llms(settings: Settings, models: Path, clock: ClockPort, shelf: AdapterShelfPort, **offered: object) -> LLMs:
    """Return the models, each made when it is first asked for."""
    return LLMs(settings, models=models, clock=clock, shelf=shelf, offered=offered)


def tuned(shelf: AdapterShelfPort) -> dict[str, str]:
    """Return the names of the adapters that are in use, by agent."""
    return {agent: adapter.id for agent, adapter in shelf.used().items()}


def check_model(
    llms: LLMs, roots: Sequence[Path] | None, agents: Mapping[str, Agent], shelf: AdapterShelfPort
) -> Callable[[str], None]:
    """Return what refuses a model that a run cannot have: over the network, one that lies outside the models folder;
    and one that an agent's adapter was not trained for."""

    def check(name: str) -> None:
        try:
            if roots is not None:
                llms.refuse_paths(name)
            llms.check(name)
            for agent, adapter in shelf.used().items():
                model = (agents[agent].model if agent in agents else None) or name
                if not llms.takes(model, adapter):
                    raise InvalidRequest(
                        f"{agent} uses the adapter {adapter.id}, which was trained for {adapter.base} and is of no use "
                        f"to {model}; take that model, or let {agent} do without: `rookery tune stop {agent}`"
                    )
        except NotFound as error:  # the run is not what was not found
            raise InvalidRequest(str(error)) from error

    return check


def mirrors(
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

    others = [
        Mirror(name, plugins.configured("vector_stores", name, settings, **offered)) for name in settings.memory.mirrors
    ]
    mirrors = [Mirror(settings.research.vector_store, first), *others]
    return Mirrors(mirrors, clock, on_reset=on_reset, past=journal.past)


def objects(settings: Settings, **offered: object) -> ObjectStorePort:
    """Return the store that memory is exchanged through, sealed when the settings name an identity.

    Raises:
        ConfigurationError: the settings name no store.
    """
    name, identity = settings.sync.store, settings.sync.identity
    if name is None:
        raise ConfigurationError(
            "no store is set to sync with: set ROOKERY_SYNC__STORE to s3 or directory, and its settings, such as "
            "ROOKERY_OBJECT_STORES__S3__BUCKET"
        )
    objects: ObjectStorePort = plugins.configured("object_stores", name, settings, **offered)
    if identity is None:
        return objects
    from rookery.adapters.object_stores.sealed import SealedObjectStore

    return SealedObjectStore(objects, identity)


def half_life(settings: Settings) -> timedelta | None:
    """Return after which time a memory counts half; None: age does not matter."""
    days = settings.memory.half_life_days
    return None if days is None else timedelta(days=days)


def remote(settings: Settings) -> str:
    """Return a name for the store that is synced with; it changes when its settings do."""
    section = settings.object_stores.get(settings.sync.store or "", {})
    place = {key: str(value) for key, value in sorted(section.items()) if "secret" not in key and "key" not in key}
    return f"{settings.sync.store} {place}"


def reader(settings: Settings, roots: Sequence[Path] | None) -> ReaderByLocation:
    """Return what reads the sources that people name; over the network, those below the roots."""
    return ReaderByLocation.from_section(settings.sources, roots=roots, offline=settings.research.offline)


def network(settings: Settings) -> Network:
    """Return what all that agents reach goes through."""
    return Network.from_section(settings.network, offline=settings.research.offline)


def pages(settings: Settings, network: Network) -> WebReader:
    """Return what reads pages for tools: as sources are read, from wherever agents may go."""
    read_as = SourceSettings.from_section(settings.sources)
    return WebReader(read_as, offline=settings.research.offline, guard=network.guard())
