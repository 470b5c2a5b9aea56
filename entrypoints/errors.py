"""One table from errors to what the outside sees of them: HTTP status, exit code, problem type."""

from typing import NamedTuple

from rookery.domain import errors


class Outcome(NamedTuple):
    """How an error is told."""

    http_status: int
    exit_code: int
    slug: str
    title: str


OUTCOME_BY_ERROR: list[tuple[type[Exception], Outcome]] = [
    (errors.NotFound, Outcome(404, 2, "not-found", "Not found")),
    (errors.Conflict, Outcome(409, 2, "conflict", "Conflict with the present state")),
    (errors.OutsideSandbox, Outcome(403, 2, "outside-sandbox", "Outside what may be read")),
    (errors.ConfigurationError, Outcome(409, 2, "configuration", "A setting is missing or wrong")),
    (errors.InvalidRequest, Outcome(422, 2, "invalid-request", "The request cannot be done")),
    (errors.AccessDenied, Outcome(403, 2, "access-denied", "Access denied")),
    (errors.NotBuilt, Outcome(501, 2, "not-built", "Not in this version")),
    (errors.SourceTooLarge, Outcome(413, 2, "source-too-large", "The source is too large")),
    (errors.SourceError, Outcome(422, 2, "source-unreadable", "The source cannot be read")),
    (errors.RunStopped, Outcome(409, 130, "run-stopped", "The run was stopped")),
    (errors.Overloaded, Outcome(503, 1, "overloaded", "Too much at once")),
    (errors.AdapterError, Outcome(502, 1, "adapter-failed", "An outside system failed")),
]
_UNEXPECTED = Outcome(500, 1, "internal", "Something went wrong inside Rookery")


NOT_DELIVERED = Outcome(422, 1, "not-delivered", "The message cannot be delivered")
"""What a notifier refuses for good: a wrong target, say. When its service is unwell, that is an adapter that failed."""


def outcome_of(error: Exception) -> Outcome:
    """Return how an error is told; errors outside the tree are internal ones."""
    if isinstance(error, errors.NotifierError) and not error.retryable:
        return NOT_DELIVERED
    return next((outcome for kind, outcome in OUTCOME_BY_ERROR if isinstance(error, kind)), _UNEXPECTED)
