"""Integrations and the local services that they talk to, set up so that a test can act and look."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.libraries.in_memory import InMemoryLibrary
from rookery.adapters.snapshot_stores.in_memory import InMemorySnapshotStore
from rookery.adapters.support.services.ledger import DeliveryLedger, InMemoryDeliveryLedger
from rookery.adapters.support.services.surroundings import Surroundings
from rookery.application.capturing import CaptureDocuments
from rookery.domain.agents import Agent
from rookery.domain.ports.integration import IntegrationPort
from rookery.domain.ports.tool import Scope
from rookery.testing.services.requests import Request
from rookery.testing.services.wire import LocalService

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SKEW = timedelta(minutes=3)  # by which the services' clocks are ahead

Build = Callable[[Mapping[str, Any], Surroundings], IntegrationPort]


@dataclass
class World:
    """A service and what the suite of integrations must know of it.

    Attributes:
        service: that is served.
        build: makes the integration from settings and surroundings.
        settings: with which it works.
        unset: with which it is not set up.
        refused: with which the service does not take its credentials.
        target: where notifications go.
        said: returns what people read there, message by message.
        posts: whether a request says something there.
        reads: calls of tools that find a text about the tide gauge, by the tool's name.
        writes: calls of tools that say `{text}`, by the tool's name.
        clock: of the client; that of the service goes at the same pace, three minutes ahead.
    """

    service: LocalService
    build: Build
    settings: Mapping[str, Any]
    unset: Mapping[str, Any]
    refused: Mapping[str, Any]
    target: str
    said: Callable[[], list[str]]
    posts: Callable[[Request], bool]
    reads: Mapping[str, Mapping[str, Any]]
    writes: Mapping[str, Mapping[str, Any]]
    clock: ManualClock
    snapshots: InMemorySnapshotStore = field(default_factory=InMemorySnapshotStore)
    notices: list[str] = field(default_factory=list)
    built: list[IntegrationPort] = field(default_factory=list)

    def integration(
        self, *, ledger: DeliveryLedger | None = None, offline: bool = False, **settings: Any
    ) -> IntegrationPort:
        """Return a new integration, as a new process would have it; what survives a process is in the ledger."""
        self.built.append(self.build({**self.settings, **settings}, self.surroundings(ledger=ledger, offline=offline)))
        return self.built[-1]

    async def close(self) -> None:
        """Close the integrations."""
        for integration in self.built:
            await integration.close()

    def surroundings(self, *, ledger: DeliveryLedger | None = None, offline: bool = False) -> Surroundings:
        """Return what the integration works with."""
        analyzer = SnowballAnalyzer(language="english")
        capture = CaptureDocuments(self.snapshots, self.clock, lambda: InMemoryLibrary(analyzer=analyzer))
        kept = ledger or InMemoryDeliveryLedger()
        return Surroundings(self.clock, kept, capture, offline, self.notices.append, lambda: 0.5)


def scope(key: str = "") -> Scope:
    """Return for whom a tool is called."""
    agent = Agent(id="researcher", role="researcher", goal="find out", tools=[])
    return Scope(run_id="run-1", agent=agent, namespace="default", key=key)


@asynccontextmanager
async def driven(clock: ManualClock) -> AsyncIterator[None]:
    """Let time pass, within the block, whenever somebody waits for it, and just so far as the first one needs."""

    async def drive() -> None:
        while True:
            clock.advance(await clock.until_asleep())

    driver = asyncio.create_task(drive())
    try:
        yield
    finally:
        driver.cancel()
        with suppress(asyncio.CancelledError):
            await driver
