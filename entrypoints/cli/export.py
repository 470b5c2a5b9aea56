"""Writing a result to a file."""

from collections.abc import Callable
from pathlib import Path

from rookery.domain.errors import InvalidRequest
from rookery.domain.results import TaskResult

_FORMS = (".md", ".html", ".pdf", ".json")


def check_writable(path: Path) -> None:
    """Refuse, before any work is done, a report that could not be written.

    Raises:
        InvalidRequest: the ending names no known form, or the folder is missing.
        ConfigurationError: what makes a PDF is not installed.
    """
    if path.suffix not in _FORMS:
        raise InvalidRequest(f"a report is written as .md, .html, .pdf or .json, not as {path.name!r}")
    if not path.absolute().parent.is_dir():
        raise InvalidRequest(f"there is no folder {path.absolute().parent}; make it first")
    if path.suffix == ".pdf":
        from rookery.entrypoints.cli.pdf import check_installed

        check_installed()


def write_report(result: TaskResult, path: Path) -> None:
    """Write a result in the form that the path's ending names.

    Raises:
        InvalidRequest: the file cannot be written.
        ConfigurationError: what makes a PDF is not installed.
    """
    check_writable(path)
    try:
        path.write_bytes(_written(path.suffix)(result))
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}") from error


def _written(form: str) -> Callable[[TaskResult], bytes]:
    from rookery.application.reports import as_html, as_markdown
    from rookery.entrypoints.cli.pdf import as_pdf

    forms: dict[str, Callable[[TaskResult], bytes]] = {
        ".md": lambda result: as_markdown(result).encode(),
        ".html": lambda result: as_html(result).encode(),
        ".pdf": as_pdf,
        ".json": lambda result: f"{result.model_dump_json(indent=2)}\n".encode(),
    }
    return forms[form]
