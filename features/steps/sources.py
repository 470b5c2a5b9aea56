"""Good sources and bad ones."""

import os
from collections.abc import Callable
from pathlib import Path

from pytest_bdd import given, parsers, then

from tests.support.desk import Desk


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
    "a binary file": lambda folder: _write(folder / "noise.txt", b"\x00\xff" + os.urandom(4096)),
}


@given(parsers.parse('a folder with a note that says "{sentence}"'))
def note(desk: Desk, tmp_path: Path, sentence: str) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "note.md").write_text(f"# Rooks\n\n{sentence}\n", "utf-8")
    desk.sources.append(folder)


@given(parsers.parse("a source that is {bad}"))
def bad_source(desk: Desk, tmp_path: Path, bad: str) -> None:
    desk.sources.append(_BAD[bad](tmp_path))


_COMPLAINTS = "there is no file|is damaged|has no document|more than the limit|is not text"


@then(parsers.re(rf"I am told that (?P<complaint>{_COMPLAINTS})"))
def told(desk: Desk, complaint: str) -> None:
    assert complaint in (desk.result.reflection_notes or "")
    assert complaint in desk.told()
