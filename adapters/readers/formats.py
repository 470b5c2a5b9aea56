"""Which format a file has, and who reads it."""

import re
from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from rookery.adapters.readers.documents import Content, File, Settings
from rookery.adapters.readers.html import read_html
from rookery.adapters.readers.pdf import read_pdf
from rookery.adapters.readers.plain import read_code, read_markdown, read_text


class Format(NamedTuple):
    """A media type and the function that reads it."""

    media_type: str
    read: Callable[[File, Settings], Content]


TEXT = Format("text/plain", read_text)
MARKDOWN = Format("text/markdown", read_markdown)
HTML = Format("text/html", read_html)
PDF = Format("application/pdf", read_pdf)

SHOWN_EXTENSIONS = ".md, .txt, .html, .pdf, source code and other text"


def _extensions(names: str) -> frozenset[str]:
    return frozenset(f".{name}" for name in names.split())


_DOCUMENTS = {
    **dict.fromkeys(_extensions("txt text rst org adoc tex bib srt vtt eml log"), TEXT),
    **dict.fromkeys(_extensions("md markdown mdown mkd mdx qmd rmd"), MARKDOWN),
    **dict.fromkeys(_extensions("html htm xhtml"), HTML),
    ".pdf": PDF,
    ".json": Format("application/json", read_code),
    **dict.fromkeys(_extensions("csv tsv"), Format("text/csv", read_code)),
}
_CODE = {
    "py": "python", "pyi": "python", "js": "javascript", "mjs": "javascript", "jsx": "javascript", "ts": "typescript",
    "tsx": "typescript", "java": "java", "kt": "kotlin", "scala": "scala", "c": "c", "h": "c", "cc": "c++",
    "cpp": "c++", "hpp": "c++", "cs": "csharp", "go": "go", "rs": "rust", "rb": "ruby", "php": "php", "swift": "swift",
    "r": "r", "jl": "julia", "lua": "lua", "pl": "perl", "sh": "sh", "bash": "sh", "sql": "sql", "css": "css",
    "scss": "css", "yaml": "yaml", "yml": "yaml", "toml": "toml", "ini": "ini", "cfg": "ini", "xml": "xml",
    "jsonl": "json", "ndjson": "json", "tf": "terraform", "ipynb": "json", "vue": "vue", "hs": "haskell",
}  # fmt: skip
_ASSETS = _extensions(
    "png jpg jpeg gif bmp tif tiff webp avif heic ico svg psd ai eps raw mp3 wav flac ogg m4a aac opus mp4 mkv avi mov"
    " webm wmv zip tar gz tgz bz2 xz zst 7z rar jar war whl deb rpm dmg iso img exe dll so dylib a o obj lib bin class"
    " pyc pyo wasm ttf otf woff woff2 eot db sqlite sqlite3 mdb parquet feather npy npz pkl pickle h5 hdf5 pt pth onnx"
    " gguf safetensors tfrecord swp bak tmp lock map"
)
OFFICE = _extensions("doc docx odt rtf pages ppt pptx odp key xls xlsx ods numbers epub mobi azw azw3 djvu ps")

_HTML_START = re.compile(
    rb"\s*(?:<!--.{0,1000}?-->\s*)?(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html)\b", re.I | re.S
)


def is_asset(path: PurePath) -> bool:
    """Whether files of this name are never documents."""
    return path.suffix.lower() in _ASSETS


def by_name(path: PurePath) -> Format | None:
    """Return the format that a file's name tells, or None."""
    extension = path.suffix.lower()
    if language := _CODE.get(extension[1:]):
        return Format(f"text/x-{language}", read_code)
    return _DOCUMENTS.get(extension)


def by_content(beginning: bytes) -> Format | None:
    """Return the format that a file's first bytes tell, or None when it is not text."""
    if b"%PDF-" in beginning[:1024]:
        return PDF
    if _HTML_START.match(beginning):
        return HTML
    is_utf16 = beginning[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return None if b"\0" in beginning and not is_utf16 else TEXT
