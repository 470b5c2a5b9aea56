"""Writing a result to a file."""

from collections.abc import Callable
from pathlib import Path

from rookery.domain.errors import InvalidRequest
from rookery.domain.results import TaskResult


def check_writable(path: Path) -> None:
    """Refuse, before any work is done, a report that could not be written.

    Raises:
        InvalidRequest: the ending names no known form, or the folder is missing.
    """
    if path.suffix not in (".md", ".html", ".json"):
        raise InvalidRequest(f"a report is written as .md, .html or .json, not as {path.name!r}")
    if not path.absolute().parent.is_dir():
        raise InvalidRequest(f"there is no folder {path.absolute().parent}; make it first")


def write_report(result: TaskResult, path: Path) -> None:
    """Write a result in the form that the path's ending names.

    Raises:
        InvalidRequest: the file cannot be written.
    """
    from rookery.application.reports import as_html, as_markdown

    check_writable(path)
    forms: dict[str, Callable[[TaskResult], str]] = {
        ".md": as_markdown,
        ".html": as_html,
        ".json": lambda given: given.model_dump_json(indent=2) + "\n",
    }
    try:
        path.write_text(forms[path.suffix](result), "utf-8")
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}") from error
