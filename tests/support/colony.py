"""A whole colony in this process, with a home of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rookery.adapters.run_stores.sqlite import SqliteRunStore
from rookery.domain.events import AgentStarted, RunEvent
from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.runs import ResearchRequest, Run
from rookery.entrypoints.container import Container, close, prepare
from rookery.entrypoints.settings import ResearchSettings, Settings


def make_container(
    home: Path,
    *,
    llms: Mapping[str, dict[str, object]] | None = None,
    orchestrators: Mapping[str, dict[str, object]] | None = None,
    settings: Mapping[str, Any] = {},
    **research: object,
) -> Container:
    """Return a container that downloads nothing."""
    section = ResearchSettings.model_validate({"offline": True, **research})
    plugins = {"llms": dict(llms or {}), "orchestrators": dict(orchestrators or {})}
    return Container(settings=Settings(home=home, research=section, **plugins, **settings))


async def ask(container: Container, question: str, *sources: Path | str, **more: object) -> Run:
    """Ask a question and return the run as it ended."""
    request = ResearchRequest.model_validate({"question": question, "sources": [str(s) for s in sources], **more})
    run = await container.start_run()(request)
    return await container.conduct_run()(run.id)


@contextmanager
def after_plan(container: Container, do: Callable[[RunStorePort, str], Awaitable[None]]) -> Iterator[None]:
    """Do something in the very moment in which the first researcher of a run sets out."""

    class Watched(SqliteRunStore):
        async def append(self, run_id: str, event: RunEvent, *, key: str | None = None) -> RunEvent:
            stored = await super().append(run_id, event, key=key)
            if isinstance(event, AgentStarted) and event.role == "researcher":
                await do(self, run_id)
            return stored

    watched = Watched(container.home(), clock=container.clock())
    built_upon = (container.orchestrator, container.conduct_run, container.start_run)
    with container.run_store.override(watched):
        for provider in built_upon:
            provider.reset()
        yield
    for provider in built_upon:
        provider.reset()


@pytest.fixture
async def container(tmp_path: Path) -> AsyncIterator[Container]:
    """A container whose embedder was tried."""
    container = make_container(tmp_path / "home")
    await prepare(container)
    yield container
    await close(container)
