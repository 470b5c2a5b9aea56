"""Figures of a server, in Prometheus' form."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from rookery.domain.calls import StoredCall
from rookery.domain.events import RunEvent, ToolReturned, ends_run

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_ENDS = {"run_finished": "finished", "run_failed": "failed", "run_cancelled": "cancelled"}


class Meters:
    """What is counted of requests, runs, streams, models and tools. Paths are templates, so that ids are no labels."""

    def __init__(self, version: str) -> None:
        self._registry = registry = CollectorRegistry()
        labels = ["method", "path", "status"]
        self._requests = Counter("rookery_http_requests", "Requests served.", labels, registry=registry)
        self._seconds = Histogram(
            "rookery_http_request_seconds",
            "Time to serve a request; streams count until they end.",
            ["method", "path"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._runs = Counter("rookery_runs", "Runs that ended here.", ["status"], registry=registry)
        self._tokens = Counter("rookery_model_tokens", "Tokens of models.", ["model", "kind"], registry=registry)
        self._tools = Counter("rookery_tool_calls", "Calls of tools that returned.", ["tool", "ok"], registry=registry)
        self._tool_seconds = Histogram(
            "rookery_tool_seconds", "Time that tools took.", ["tool"], buckets=_SECONDS, registry=registry
        )
        Gauge("rookery_info", "The version that runs.", ["version"], registry=registry).labels(version).set(1)
        self._documents = Gauge("rookery_documents", "Documents in the library.", registry=registry)
        self._passages = Gauge("rookery_passages", "Passages in the library.", registry=registry)
        self._known: dict[tuple[str, str, int], Counter] = {}
        self._timed: dict[tuple[str, str], Histogram] = {}

    def watch(self, name: str, told: str, value: Callable[[], float]) -> None:
        """Show a value that is read when somebody asks."""
        Gauge(name, told, registry=self._registry).set_function(value)

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request that was served. `status` is 0 when the client was gone before there was an answer."""
        method = method if method in _METHODS else "other"
        counted = self._known.get((method, path, status))
        if counted is None:
            counted = self._known[method, path, status] = self._requests.labels(method, path or "other", str(status))
        counted.inc()
        timed = self._timed.get((method, path))
        if timed is None:
            timed = self._timed[method, path] = self._seconds.labels(method, path or "other")
        timed.observe(seconds)

    def event(self, event: RunEvent) -> None:
        """Count what happened in a run."""
        if isinstance(event, ToolReturned):
            self._tools.labels(event.tool, str(event.ok).lower()).inc()
            self._tool_seconds.labels(event.tool).observe(event.seconds)
        elif ends_run(event):
            self._runs.labels(_ENDS[event.type]).inc()

    def call(self, run_id: str, stored: StoredCall) -> None:  # noqa: ARG002 - ids are no labels
        """Count the tokens of a call of a model."""
        model, usage = stored.call.model, stored.call.usage
        self._tokens.labels(model, "prompt").inc(usage.prompt_tokens)
        self._tokens.labels(model, "cached_prompt").inc(usage.cached_prompt_tokens)
        self._tokens.labels(model, "completion").inc(usage.completion_tokens)

    def forget(self, run_id: str) -> None:
        """Keep what was counted."""

    def text(self, *, documents: int, passages: int) -> bytes:
        """Return all figures in Prometheus' text form."""
        self._documents.set(documents)
        self._passages.set(passages)
        return generate_latest(self._registry)


_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
