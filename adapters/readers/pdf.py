"""PDF: the text layer, as running text."""

import io
import logging
import time
from typing import TYPE_CHECKING

from rookery.adapters.readers.documents import (
    Content,
    File,
    Settings,
    check_length,
    first_line,
    metadata_title,
)
from rookery.adapters.readers.reflow import reflow
from rookery.adapters.support.titles import as_title, without_surrogates
from rookery.domain.errors import SourceError, SourceTooLarge

if TYPE_CHECKING:
    from pypdf import PdfReader


def read_pdf(file: File, settings: Settings) -> Content:
    """Read a PDF. Its title is that of its metadata, or its first line."""
    try:
        reader = _open(file)
        pages = _pages(reader, file, settings)
        title = metadata_title(reader.metadata.title if reader.metadata else None)
    except SourceError:
        raise
    except Exception as error:  # pypdf meets broken files with errors of many kinds
        raise SourceError(
            f"{file.shown} is damaged or no PDF ({type(error).__name__}); open it in a viewer and print it to a new PDF"
        ) from error
    text = reflow(pages)
    if not any(map(str.isalnum, text)):
        raise SourceError(
            f"{file.shown} has {len(pages)} pages and no text layer, so it was probably scanned;"
            " run OCR on it (for example `ocrmypdf in.pdf out.pdf`) and pass the result"
        )
    return Content(title or first_line(text) or as_title(file.path.stem), text)


def _open(file: File) -> "PdfReader":
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings about broken files are for its developers
    reader = PdfReader(io.BytesIO(file.data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise SourceError(f"{file.shown} is locked by a password; save a copy without one and pass that")
    return reader


def _pages(reader: "PdfReader", file: File, settings: Settings) -> list[str]:
    count = len(reader.pages)
    if count > settings.max_pdf_pages:
        raise SourceTooLarge(
            f"{file.shown} has {count:,} pages, more than the limit of {settings.max_pdf_pages:,};"
            " divide it, or raise sources.max_pdf_pages"
        )
    pages: list[str] = []
    length = 0
    end = time.monotonic() + settings.max_read_seconds
    for page in reader.pages:
        if time.monotonic() > end:
            raise SourceError(
                f"{file.shown} takes more than {settings.max_read_seconds:g} seconds to read; print it to a new PDF,"
                " or raise sources.max_read_seconds"
            )
        pages.append(without_surrogates(page.extract_text()))
        length += len(pages[-1])
        check_length(file, length, settings)
    return pages
