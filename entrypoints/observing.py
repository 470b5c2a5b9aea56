"""Telling what happens in runs to those who count it and trace it."""

import contextlib
import itertools
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from rookery import __version__
from rookery.domain.calls import StoredCall
from rookery.domain.errors import RookeryError
from rookery.domain.events import RunEvent
from rookery.domain.ports.run_store import RunStorePort
from rookery.entrypoints.beside import beside
from rookery.entrypoints.settings import TraceSettings

if TYPE_CHECKING:
    from rookery.adapters.tracing.otel import OtelTracer

_log = logging.getLogger(__name__)
_WHERE = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Witness(Protocol):
    """Who is told of runs."""

    def event(self, event: RunEvent) -> None:
        """Take note of an event."""
        ...

    def call(self, run_id: str, stored: StoredCall) -> None:
        """Take note of a call of a model, when the run ends or is parked."""
        ...

    def forget(self, run_id: str) -> None:
        """Nothing more comes of a run for now."""
        ...


class Observer:
    """Tells witnesses of the events of a run that is conducted here, and in the end of the calls of its models."""

    def __init__(self, run_store: RunStorePort, witnesses: Sequence[Witness]) -> None:
        self._run_store = run_store
        self._witnesses = witnesses

    @asynccontextmanager
    async def watching(self, run_id: str) -> AsyncIterator[None]:
        """Tell of what comes while the block lasts."""
        if not self._witnesses:
            yield
            return
        before = await self._run_store.events(run_id)
        told = _Told(seq=before[-1].seq if before else 0, calls=len(await self._run_store.calls(run_id)))
        try:
            async with beside(self._follow(run_id, told)):
                yield
        finally:
            try:
                await self._rest(run_id, told)
            except RookeryError as error:
                _log.warning("not all of run %s is counted: %s", run_id, error)

    async def _follow(self, run_id: str, told: "_Told") -> None:
        with contextlib.suppress(RookeryError):  # who conducts the run hears of it himself
            async for event in self._run_store.follow(run_id, after=told.seq):
                self._tell(event, told)

    async def _rest(self, run_id: str, told: "_Told") -> None:
        for event in await self._run_store.events(run_id, after=told.seq):
            self._tell(event, told)
        calls = (await self._run_store.calls(run_id))[told.calls :]
        for witness, stored in itertools.product(self._witnesses, calls):
            witness.call(run_id, stored)
        for witness in self._witnesses:
            witness.forget(run_id)

    def _tell(self, event: RunEvent, told: "_Told") -> None:
        told.seq = event.seq
        for witness in self._witnesses:
            witness.event(event)


@asynccontextmanager
async def tracing(run_store: RunStorePort, settings: TraceSettings) -> AsyncIterator[Observer]:
    """Yield who traces the runs of a process, where traces are wanted; at the end of the block all is exported.

    Raises:
        ConfigurationError: they are wanted, and OpenTelemetry is not installed.
    """
    exporter = tracer(settings)
    try:
        yield Observer(run_store, [] if exporter is None else [exporter])
    finally:
        if exporter is not None:
            await exporter.close()


class _Told:
    def __init__(self, seq: int, calls: int) -> None:
        self.seq = seq
        self.calls = calls


def tracer(settings: TraceSettings) -> "OtelTracer | None":
    """Return what exports traces to where OpenTelemetry's variables say; None where they say nothing.

    Raises:
        ConfigurationError: OpenTelemetry is not installed.
    """
    if not any(os.environ.get(name) for name in _WHERE):
        return None
    from rookery.adapters.tracing.otel import OtelTracer

    return OtelTracer(__version__, content=settings.content)
