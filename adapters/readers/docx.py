"""DOCX: the text of a Word document, with headings, list items and tables marked as in Markdown."""

import io
import zipfile
from typing import TYPE_CHECKING, Any

from rookery.adapters.readers.documents import (
    Content,
    File,
    Settings,
    check_length,
    first_line,
    metadata_title,
)
from rookery.adapters.readers.word import Notes, Styles, render
from rookery.adapters.support.titles import as_title, without_surrogates
from rookery.domain.errors import SourceError, SourceTooLarge

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_OLD_FORMAT = b"\xd0\xcf\x11\xe0"  # of .doc, and of .docx files that are locked by a password
_LARGEST = 3_000_000  # marks of elements: a tree of more takes a gigabyte
_NOTES = ("footnotes", "endnotes")


def read_docx(file: File, settings: Settings) -> Content:
    """Read a Word document. Its title is the paragraph of that style, that of its properties, or its first line.

    Pictures, comments, headers and deleted text are left out. Macros are not looked at and no link is followed.
    """
    if file.data.startswith(_OLD_FORMAT):
        raise SourceError(
            f"{file.shown} is locked by a password, or of an older Word; save a copy as .docx without one"
        )
    try:
        _check_unpacked(file, settings)
        document = _open(file)
        rendered = render(document.element.body, Styles(document.styles.element), _notes(document))
        properties = metadata_title(document.core_properties.title)
    except SourceError:
        raise
    except Exception as error:  # zipfile, lxml and python-docx meet broken files with errors of many kinds
        raise SourceError(
            f"{file.shown} is damaged or no .docx file ({type(error).__name__}); open it in Word and save it again"
        ) from error
    text = without_surrogates(rendered.text)
    if not any(map(str.isalnum, text)):
        raise SourceError(f"{file.shown} has no text; if it holds pictures of pages, run OCR on them")
    check_length(file, len(text), settings)
    title = as_title(rendered.title) or properties or as_title(rendered.heading) or first_line(text)
    return Content(title or as_title(file.path.stem), text)


def _check_unpacked(file: File, settings: Settings) -> None:
    """Refuse what would fill the memory. A part is never unpacked beyond the size that the archive states for it."""
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        size = sum(part.file_size for part in archive.infolist())
        if size > settings.max_unpacked_mb * 1_000_000:
            raise SourceTooLarge(
                f"{file.shown} has {size / 1e6:,.1f} MB when it is unpacked, more than the limit of"
                f" {settings.max_unpacked_mb:g} MB; divide it, or raise sources.max_unpacked_mb"
            )
        marks = sum(_marks(archive, part) for part in archive.infolist() if part.filename.endswith((".xml", ".rels")))
    if marks > _LARGEST:
        raise SourceTooLarge(f"{file.shown} has {marks:,} elements, more than {_LARGEST:,}; divide it")


def _marks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    with archive.open(part) as stream:
        return sum(chunk.count(b"<") for chunk in iter(lambda: stream.read(1_000_000), b""))


def _open(file: File) -> "WordDocument":
    from docx import Document

    return Document(io.BytesIO(file.data))


def _notes(document: "WordDocument") -> Notes:
    """Return the trees of footnotes and endnotes, as far as the document has them."""
    from docx.oxml import parse_xml

    trees: dict[str, Any] = {}
    for relation in document.part.rels.values():
        kind = relation.reltype.rpartition("/")[2]
        if kind in _NOTES and not relation.is_external:
            trees[kind.removesuffix("s")] = parse_xml(relation.target_part.blob)
    return Notes(trees)
