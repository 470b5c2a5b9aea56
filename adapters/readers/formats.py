"""Which format a file or page has, and who reads it."""

import re
from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from rookery.adapters.readers.documents import Content, File, Settings
from rookery.adapters.readers.docx import read_docx
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
DOCX = Format("application/vnd.openxmlformats-officedocument.wordprocessingml.document", read_docx)
JSON = Format("application/json", read_code)
CSV = Format("text/csv", read_code)

SHOWN_EXTENSIONS = ".md, .txt, .html, .pdf, .docx, source code and other text"


def _extensions(names: str) -> frozenset[str]:
    return frozenset(f".{name}" for name in names.split())


_DOCUMENTS = {
    **dict.fromkeys(_extensions("txt text rst org adoc tex bib srt vtt eml log"), TEXT),
    **dict.fromkeys(_extensions("md markdown mdown mkd mdx qmd rmd"), MARKDOWN),
    **dict.fromkeys(_extensions("html htm xhtml"), HTML),
    ".pdf": PDF,
    ".docx": DOCX,
    ".json": JSON,
    **dict.fromkeys(_extensions("csv tsv"), CSV),
}
_LANGUAGES = {
    "python": "py pyi pyx pxd", "javascript": "js mjs cjs jsx", "typescript": "ts mts cts tsx", "java": "java",
    "kotlin": "kt kts", "scala": "scala sc", "groovy": "groovy gradle", "c": "c h",
    "c++": "cc cpp cxx hh hpp hxx cu cuh",
    "objective-c": "m mm", "csharp": "cs", "fsharp": "fs fsx", "vb": "vb", "go": "go", "rust": "rs", "zig": "zig",
    "d": "d", "nim": "nim", "ruby": "rb rake gemspec", "crystal": "cr", "elixir": "ex exs", "erlang": "erl hrl",
    "php": "php", "swift": "swift", "dart": "dart", "r": "r", "julia": "jl", "lua": "lua",
    "perl": "pl pm", "sh": "sh bash zsh fish", "powershell": "ps1 psm1", "bat": "bat cmd", "tcl": "tcl", "awk": "awk",
    "sql": "sql", "css": "css scss sass less", "yaml": "yaml yml", "toml": "toml", "ini": "ini cfg conf properties",
    "xml": "xml xsd xsl rss atom", "json": "jsonl ndjson json5 ipynb", "terraform": "tf tfvars hcl", "vue": "vue",
    "svelte": "svelte", "haskell": "hs", "ocaml": "ml mli", "clojure": "clj cljs cljc edn", "lisp": "el lisp scm rkt",
    "fortran": "f f90 f95 for", "pascal": "pas", "ada": "adb ads", "verilog": "v sv", "vhdl": "vhd vhdl",
    "protobuf": "proto", "graphql": "graphql gql", "solidity": "sol", "nix": "nix", "cmake": "cmake", "make": "mk",
    "starlark": "bzl star",
}  # fmt: skip
_CODE = {extension: language for language, names in _LANGUAGES.items() for extension in names.split()}
_NAMED = {
    "makefile": "make", "gnumakefile": "make", "dockerfile": "dockerfile", "containerfile": "dockerfile",
    "jenkinsfile": "groovy", "rakefile": "ruby", "gemfile": "ruby", "vagrantfile": "ruby", "justfile": "make",
    "cmakelists.txt": "cmake", "build.bazel": "starlark",
}  # fmt: skip
_ASSETS = _extensions(
    "png jpg jpeg gif bmp tif tiff webp avif heic ico svg psd ai eps raw mp3 wav flac ogg m4a aac opus mp4 mkv avi mov"
    " webm wmv zip tar gz tgz bz2 xz zst 7z rar jar war whl deb rpm dmg iso img exe dll so dylib a o obj lib bin class"
    " pyc pyo wasm ttf otf woff woff2 eot db sqlite sqlite3 mdb parquet feather npy npz pkl pickle h5 hdf5 pt pth onnx"
    " gguf safetensors tfrecord swp bak tmp lock map"
)
OFFICE = _extensions("doc docm dot dotx odt rtf pages ppt pptx odp key xls xlsx ods numbers epub mobi azw azw3 djvu ps")

_MEDIA_TYPES = {
    **{found.media_type: found for found in (MARKDOWN, HTML, PDF, DOCX, JSON, CSV)},
    "text/x-markdown": MARKDOWN,
    "application/xhtml+xml": HTML,
    "application/x-pdf": PDF,
    "application/ld+json": JSON,
    **dict.fromkeys(
        ("application/xml", "text/xml", "application/rss+xml", "application/atom+xml"), Format("text/x-xml", read_code)
    ),
    **dict.fromkeys(("application/javascript", "text/javascript"), Format("text/x-javascript", read_code)),
    **dict.fromkeys(("application/yaml", "application/x-yaml", "text/yaml"), Format("text/x-yaml", read_code)),
    "application/toml": Format("text/x-toml", read_code),
    "text/css": Format("text/x-css", read_code),
}
_SAYS_LITTLE = frozenset({"", "text/plain", "application/octet-stream", "binary/octet-stream", "application/download"})

_HTML_START = re.compile(
    rb"\s*(?:<!--.{0,1000}?-->\s*)?(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html)\b", re.I | re.S
)


def is_asset(path: PurePath) -> bool:
    """Whether files of this name are never documents."""
    return path.suffix.lower() in _ASSETS


def by_name(path: PurePath) -> Format | None:
    """Return the format that a file's name tells, or None."""
    extension = path.suffix.lower()
    if language := _NAMED.get(path.name.lower()) or _CODE.get(extension[1:]):
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


def by_media_type(media_type: str, path: PurePath, beginning: bytes) -> Format | None:
    """Return the format of what a server sent, or None when it is none that is read.

    Where the server says little, the name in the address and then the first bytes decide.
    """
    if media_type in _SAYS_LITTLE:
        return by_name(path) or by_content(beginning)
    if found := _MEDIA_TYPES.get(media_type):
        return found
    return (by_name(path) or TEXT) if media_type.startswith("text/") else None
