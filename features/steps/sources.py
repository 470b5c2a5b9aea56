"""Good sources and bad ones."""

import os
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from pytest_bdd import given, parsers, then, when

from rookery.adapters.readers.by_location import ReaderByLocation
from tests.support.desk import Desk
from tests.support.web_server import WebServer


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def _large_text(folder: Path) -> Path:
    path = folder / "large.txt"
    with path.open("wb") as file:
        for _ in range(50):
            file.write(b"All work and no play makes Jack a dull boy.\n" * (1024 * 1024 // 44))
        file.truncate(50 * 1024 * 1024)
    return path


_BAD: dict[str, Callable[[Path], Path]] = {
    "a path that is not there": lambda folder: folder / "nowhere.md",
    "a broken PDF": lambda folder: _write(folder / "broken.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type /Cat"),
    "an empty folder": _empty_folder,
    "a text of 50 MB": _large_text,
    "a broken Word document": lambda folder: _write(folder / "broken.docx", b"PK\x03\x04 and no more"),
    "a binary file": lambda folder: _write(folder / "noise.txt", b"\x00\xff" + os.urandom(4096)),
}


@given(parsers.parse('a folder with a note that says "{sentence}"'))
def note(desk: Desk, tmp_path: Path, sentence: str) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "note.md").write_text(f"# Rooks\n\n{sentence}\n", "utf-8")
    desk.sources.append(folder)


@pytest.fixture
def wiki(desk: Desk, web: WebServer) -> WebServer:
    """A server of our own network, which the settings of the desk allow."""
    settings = {"allow_hosts": [web.host]}
    desk.container.reader.override(ReaderByLocation.from_section(settings, roots=None))
    return web


@given(parsers.parse('a Word document that says "{sentence}"'))
def word_document(desk: Desk, tmp_path: Path, sentence: str) -> None:
    document = docx.Document()
    document.add_heading("Rooks", 1)
    document.add_paragraph(sentence)
    document.save(str(tmp_path / "rooks.docx"))
    desk.sources.append(tmp_path / "rooks.docx")


@given(parsers.parse('a page of our wiki that says "{sentence}"'))
def wiki_page(desk: Desk, wiki: WebServer, sentence: str) -> None:
    desk.sources.append(wiki.page("/rooks", f"<h1>Rooks</h1><p>{sentence}</p>"))


@given("a source that is a page that leads inside our network")
def page_that_leads_inside(desk: Desk, wiki: WebServer) -> None:
    desk.sources.append(wiki.redirect("/rooks", "http://169.254.169.254/latest/meta-data/"))


@given(parsers.parse('two copies of a note that says "{sentence}"'))
def copies(desk: Desk, tmp_path: Path, sentence: str) -> None:
    for name in ("one.md", "two.md"):
        _write(tmp_path / name, f"# Rooks\n\n{sentence}\n".encode())
    desk.wait(desk.container.add_sources()([str(tmp_path / "one.md"), str(tmp_path / "two.md")], namespace="notes"))


@when(parsers.parse("I take {which} copy out of the library"))
def take_out(desk: Desk, tmp_path: Path, which: str) -> None:
    name = {"one": "one.md", "the other": "two.md"}[which]
    desk.wait(desk.container.remove_source()((tmp_path / name).as_uri()))


@then(parsers.parse('the library finds "{words}" once'))
def finds(desk: Desk, words: str) -> None:
    [hit] = desk.wait(desk.container.search()("notes", words, limit=5))
    assert words in hit.passage.text


@then("the library finds nothing")
def finds_nothing(desk: Desk) -> None:
    assert desk.wait(desk.container.search()("notes", "rooks", limit=5)) == []


@given(parsers.re(f"a source that is (?P<bad>{'|'.join(_BAD)})"))
def bad_source(desk: Desk, tmp_path: Path, bad: str) -> None:
    desk.sources.append(_BAD[bad](tmp_path))


_COMPLAINTS = "there is no file|is damaged|has no document|more than the limit|is not text|is not on the public web"


@then(parsers.re(rf"I am told that (?P<complaint>{_COMPLAINTS})"))
def told(desk: Desk, complaint: str) -> None:
    assert complaint in (desk.result.reflection_notes or "")
    assert complaint in desk.told()
