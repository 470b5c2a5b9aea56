"""What a server writes to its log: lines for people, or JSON for machines."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from pydantic import JsonValue

from rookery.domain.redaction import redact, redact_all
from rookery.entrypoints.settings import LogSettings

REQUEST_ID: ContextVar[str | None] = ContextVar("id of the request that is served", default=None)
RUN_ID: ContextVar[str | None] = ContextVar("run that is conducted", default=None)
_OURS = "rookery"
_KEPT = ("method", "path", "status", "seconds", "token_id")  # that a record may bring besides its message


class _Context(logging.Filter):
    """Adds to each record which request and which run it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = REQUEST_ID.get()
        record.run_id = RUN_ID.get()
        return True


class JsonLines(logging.Formatter):
    """One JSON object a line: `at`, `level`, `logger`, `message`, and what is known of `request_id` and `run_id`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: record.__dict__.get(name) for name in ("request_id", "run_id", *_KEPT)},
            "error": self.formatException(record.exc_info) if record.exc_info else None,
        }
        known: dict[str, JsonValue] = {name: value for name, value in told.items() if value is not None}
        return json.dumps(redact_all(known), ensure_ascii=False)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        ids = {"request": record.__dict__.get("request_id"), "run": record.__dict__.get("run_id")}
        told = " ".join(f"{name}={value}" for name, value in ids.items() if value)
        head, newline, rest = line.partition("\n")
        return redact(f"{head}{f' [{told}]' if told else ''}{newline}{rest}").text


def write_logs(settings: LogSettings) -> None:
    """Write what Rookery and its server log to stderr, in the form that is set."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Context())
    handler.setFormatter(JsonLines() if settings.form == "json" else _Lines("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(_OURS).setLevel(settings.level.upper())
