"""The tree of errors and what the outside sees of each."""

from collections.abc import Iterator

from infra.docs.reference.words import code, first_paragraph, table
from rookery.domain import errors
from rookery.entrypoints.api.problems import FAULTS, TYPE_ROOT
from rookery.entrypoints.errors import NOT_DELIVERED, outcome_of

_INTRODUCTION = f"""# Errors

Everything that Rookery refuses or fails at on purpose is an error of one tree. Its message says what happened and
what can be done. The HTTP API tells it as a problem document of the type `{TYPE_ROOT}NAME` ([what the names
mean](../errors.md)), the command line by its exit code. An error that may go away by itself says so (`Retry-After`).

"""
_EXIT_CODES = """
## Exit codes

| Code | Meaning |
|---|---|
| 0 | done |
| 1 | the run, or an outside system, failed |
| 2 | wrong usage or configuration |
| 3 | the answer is partial: not found, or stopped at a limit |
| 130 | interrupted; the run can be resumed |
"""


def page() -> str:
    """Return the page: the tree, HTTP's own problems, and the exit codes."""
    tree = [list(_row(kind)) for kind in _descendants(errors.RookeryError)]
    known = {row[1] for row in tree}
    protocol = [[code(fault.slug), str(fault.status), fault.title] for fault in FAULTS if code(fault.slug) not in known]
    protocol.append([code(NOT_DELIVERED.slug), str(NOT_DELIVERED.http_status), NOT_DELIVERED.title])
    return (
        _INTRODUCTION
        + table(["Error", "Problem type", "HTTP", "Exit code", "When"], tree)
        + "\n## Problems of the protocol\n\nThese have no error of the tree behind them:\n\n"
        + table(["Problem type", "HTTP", "Title"], protocol)
        + _EXIT_CODES
    )


def _row(kind: type[Exception]) -> Iterator[str]:
    outcome = outcome_of(kind.__new__(kind)) if not issubclass(kind, errors.NotifierError) else NOT_DELIVERED
    depth = kind.__mro__.index(errors.RookeryError)
    yield "↳ " * (depth - 1) + code(kind.__name__)
    yield from (code(outcome.slug), str(outcome.http_status), str(outcome.exit_code), first_paragraph(kind))


def _descendants(kind: type[Exception]) -> Iterator[type[Exception]]:
    """Return the classes of `errors` below one, each before its own."""
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from _descendants(child)
