"""Spans that are over, exported by OpenTelemetry."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from rookery.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.id_generator import IdGenerator

_NAME = "rookery"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TRACE, _SPAN = 16, 8  # bytes of their ids


@dataclass(frozen=True)
class Ended:
    """Something that began and ended. `trace`, `span` and `parent` are names, from which the ids follow."""

    name: str
    trace: str
    span: str
    parent: str | None
    began: datetime
    ended: datetime
    attributes: Mapping[str, str | int | float | bool]
    calls_out: bool = False

    @property
    def failed(self) -> bool:
        """Whether it ended with an error."""
        return "error.type" in self.attributes


class Exporter:
    """Sends spans by OTLP over HTTP, in the background, to where the OTEL_ variables say.

    Raises:
        ConfigurationError: OpenTelemetry is not installed.
    """

    def __init__(self, version: str) -> None:
        self._ids = _ChosenIds()
        self._provider = _provider(version, self._ids)
        self._tracer = self._provider.get_tracer(_NAME, version)

    def export(self, span: Ended) -> None:
        """Hand a span in; it is sent soon."""
        from opentelemetry.trace import SpanKind, Status, StatusCode

        self._ids.trace_id, self._ids.span_id = _number(span.trace, _TRACE), _number(span.span, _SPAN)
        made = self._tracer.start_span(
            span.name,
            context=_below(span.trace, span.parent),
            kind=SpanKind.CLIENT if span.calls_out else SpanKind.INTERNAL,
            attributes=span.attributes,
            start_time=_nanoseconds(span.began),
        )
        if span.failed:
            made.set_status(Status(StatusCode.ERROR))
        made.end(_nanoseconds(max(span.ended, span.began)))

    async def close(self) -> None:
        """Send what waits."""
        await asyncio.to_thread(self._provider.shutdown)


class _ChosenIds:
    """An `IdGenerator` that gives the ids which were chosen for the span that is made next."""

    trace_id = span_id = 1

    def generate_trace_id(self) -> int:
        return self.trace_id

    def generate_span_id(self) -> int:
        return self.span_id

    def is_trace_id_random(self) -> bool:
        return True


def _number(name: str, size: int) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:size], "big") or 1


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _below(trace: str, parent: str | None) -> "Context":
    from opentelemetry.context import Context
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    if parent is None:
        return Context()
    ids = SpanContext(
        _number(trace, _TRACE), _number(parent, _SPAN), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )
    return set_span_in_context(NonRecordingSpan(ids), Context())


def _provider(version: str, ids: _ChosenIds) -> "TracerProvider":
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ConfigurationError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set and OpenTelemetry is not installed: `pip install 'rookery[otel]'`"
        ) from error
    named = Resource({SERVICE_NAME: _NAME, SERVICE_VERSION: version}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=named, id_generator=cast("IdGenerator", ids), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
