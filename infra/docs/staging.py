"""Lays the pages out for the generator: those of `docs/`, and files of the repository that are pages, too."""

import os
import posixpath
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGES_OF_THE_REPOSITORY: Mapping[str, str] = {
    "README.md": "project/readme.md",
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "benchmarks/README.md": "project/benchmarks.md",
}
"""Where a file outside of `docs/` stands in the site."""

DIAGRAMS = "frontend/node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"
_FENCED = re.compile(r"^(?P<fence>```+|~~~+).*?^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_LINK = re.compile(r"(?P<picture>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^()\s]+)\)")
_FOREIGN = re.compile(r"[a-z][a-z0-9+.-]*:|#")


class StagingError(Exception):
    """A page cannot be laid out; the message names it and says why."""


def stage(folder: Path, *, repository: str = "") -> None:
    """Copy all pages into a folder and make their links fit there.

    Args:
        folder: where the pages go; it is made anew.
        repository: the address of the repository's files, such as `https://github.com/owner/name/blob/main`. Links to
            files that are no pages lead there; without it they become plain text.

    Raises:
        StagingError: a link leads nowhere, or the program that draws diagrams is not installed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder)
    for source, page in PAGES_OF_THE_REPOSITORY.items():
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / source, folder / page)
    for path in sorted(folder.rglob("*.md")):
        page = path.relative_to(folder).as_posix()
        path.write_text(fitted(path.read_text("utf-8"), page, repository), "utf-8")
    _add_assets(folder / "assets")


def fitted(text: str, page: str, repository: str) -> str:
    """Return a page's text with links that fit the site, and without comments; blocks of code stay as they are."""

    def link(match: re.Match[str]) -> str:
        return _fitted_link(match, page, repository)

    def prose(part: str) -> str:
        return _LINK.sub(link, _COMMENT.sub("", part))

    return outside_of_blocks(text, prose)


def outside_of_blocks(text: str, change: Callable[[str], str]) -> str:
    """Return a Markdown text in which all but the fenced blocks was changed."""
    parts, start = [], 0
    for block in _FENCED.finditer(text):
        parts += [change(text[start : block.start()]), block[0]]
        start = block.end()
    return "".join([*parts, change(text[start:])])


def _fitted_link(match: re.Match[str], page: str, repository: str) -> str:
    target, _, anchor = match["target"].partition("#")
    if _FOREIGN.match(match["target"]):
        return match[0]
    source = source_of(page)
    file = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    place = place_of(file)
    if place is None and not (ROOT / file).exists():
        raise StagingError(f"{source}: there is no {file}, to which a link leads")
    if place is None and not repository:
        return match["text"]
    start = posixpath.dirname(page) or "."
    address = f"{repository}/{file}" if place is None else posixpath.relpath(place, start)
    return f"{match['picture']}[{match['text']}]({address}{'#' if anchor else ''}{anchor})"


def source_of(page: str) -> str:
    """Return which file of the repository a page is made of."""
    return next((file for file, place in PAGES_OF_THE_REPOSITORY.items() if place == page), f"docs/{page}")


def place_of(file: str) -> str | None:
    """Return where a file of the repository stands in the site; None where it does not."""
    if file in PAGES_OF_THE_REPOSITORY:
        return PAGES_OF_THE_REPOSITORY[file]
    within = file.removeprefix("docs/")
    generated = within.startswith("reference/")
    return within if within != file and (generated or (ROOT / file).is_file()) else None


def _add_assets(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    if not (ROOT / DIAGRAMS).is_file():
        raise StagingError(f"there is no {DIAGRAMS}, which draws the diagrams: `npm --prefix frontend ci`")
    shutil.copyfile(ROOT / DIAGRAMS, folder / "mermaid.js")
    shutil.copyfile(Path(__file__).parent / "extra.css", folder / "extra.css")


def repository_of_environment() -> str:
    """Return where the repository's files are shown, as GitHub's workflows tell it; empty elsewhere."""
    name = os.environ.get("GITHUB_REPOSITORY")
    return f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{name}/blob/main" if name else ""
